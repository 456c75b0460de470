import { maskUserInfo } from './secret-mask.ts';

/** What a log says of an error. Nothing else an error carries (requests, headers, options) is written. */
export interface ErrorFacts {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: ErrorFacts;
}

const MESSAGE_CHARS_MAX = 1024;
const STACK_CHARS_MAX = 1536;
const CAUSES_MAX = 3;

/** Facts of whatever was thrown, with at most three causes; credentials in URLs are masked. Never throws. */
export function errorFacts(error: unknown, causesMax = CAUSES_MAX): ErrorFacts {
  if (!(error instanceof Error)) return { type: typeof error, message: bounded(thrownText(error), MESSAGE_CHARS_MAX) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const hasCause = error.cause !== undefined && causesMax > 0;
  return {
    type: error.name,
    message: bounded(messageOf(error), MESSAGE_CHARS_MAX),
    ...(code !== undefined && { code }),
    ...(error.stack !== undefined && { stack: bounded(stackFrames(error.stack), STACK_CHARS_MAX) }),
    ...(hasCause && { cause: errorFacts(error.cause, causesMax - 1) }),
  };
}

/** Several addresses that all refused make an AggregateError without a message: its parts say what happened. */
function messageOf(error: Error): string {
  if (error.message !== '' || !(error instanceof AggregateError)) return error.message;
  return error.errors.slice(0, CAUSES_MAX).map((part: unknown) => (part instanceof Error ? part.message : thrownText(part))).join('; ');
}

/** The message stands in its own field; here are the places only. */
function stackFrames(stack: string): string {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim())
    .join('\n');
}

function thrownText(thrown: unknown): string {
  return typeof thrown === 'string' ? thrown : Object.prototype.toString.call(thrown);
}

function bounded(text: string, charsMax: number): string {
  const masked = maskUserInfo(text);
  return masked.length > charsMax ? `${masked.slice(0, charsMax)}…` : masked;
}
