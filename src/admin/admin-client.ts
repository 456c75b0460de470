import type { IncomingMessage } from 'node:http';
import type { ListenAddress } from '../config/config.ts';
import { GUARD_TIME_MS_MAX } from '../config/guard-bound.ts';
import { request as sendRequest } from '../lib/node-http.ts';
import { ADMIN_TOKEN_VARIABLE } from './admin-token.ts';
import { addressText, isWildcard } from './loopback.ts';
import { ADMIN_HEADER } from './request-guard.ts';
import type { ReloadResult } from './services.ts';

/** The admin server could not be asked; the message is for the user. */
export class AdminClientError extends Error {
  override readonly name = 'AdminClientError';
  /** Of the answer; null: there was none. */
  readonly status: number | null;

  constructor(message: string, options: { readonly status?: number; readonly cause?: unknown } = {}) {
    super(message, options);
    this.status = options.status ?? null;
  }
}

/** A thousand requests with long paths, or some ten thousand targets. */
const ANSWER_BYTES_MAX = 8 * 1024 * 1024;
/** A reload waits for every worker to build its generation. */
const ANSWER_TIMEOUT_MS = 60_000;
/** Why a Sluice refuses with 409. */
const REASONS = ['conflict', 'rolled_back', 'stuck'] as const;

/**
 * Asks the Sluice that listens there to reload. Throws AdminClientError where no usable answer comes.
 * @param wait for what its guard says of the new configuration.
 */
export async function postReload(address: ListenAddress, token: string | null = null, wait = false): Promise<ReloadResult> {
  const question = wait ? { path: '/reload?wait=true', timeoutMs: ANSWER_TIMEOUT_MS + GUARD_TIME_MS_MAX } : { path: '/reload' };
  const { status, body } = await askAdmin(address, { method: 'POST', token, ...question });
  const answer = readReload(status, parseObject(body));
  if (answer === null) throw unusableAnswer(address, 'refused the reload', { status, body });
  return answer;
}

function readReload(status: number, answer: Record<string, unknown>): ReloadResult | null {
  const { generation, ms, guardMs, error, diagnostics, warnings, reason: told } = answer;
  if (status === 200 && typeof generation === 'number' && typeof ms === 'number') return { ok: true, generation, ms, guardMs: typeof guardMs === 'number' ? guardMs : 0, warnings: textsOf(warnings) };
  if ((status !== 409 && status !== 422) || typeof error !== 'string' || !Array.isArray(diagnostics)) return null;
  const reason = status === 422 ? 'invalid' : (REASONS.find((known) => known === told) ?? 'conflict');
  return { ok: false, reason, error, diagnostics: textsOf(diagnostics) };
}

function textsOf(list: unknown): string[] {
  return Array.isArray(list) ? list.filter((text) => typeof text === 'string') : [];
}

/** Which Sluice is asked, and by what right. */
export interface AdminPlace {
  readonly address: ListenAddress;
  readonly token: string | null;
}

interface AdminAnswer {
  readonly status: number;
  readonly body: string;
}

interface Question {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly token: string | null;
  /** Sent as JSON; default: no body. */
  readonly content?: object;
  /** Default: 8 MB. */
  readonly answerBytesMax?: number;
  /** Default: a minute, because a reload waits for every worker. */
  readonly timeoutMs?: number;
  /** A connection on which nothing comes for so long is given up; default: the signal alone ends the waiting. */
  readonly silenceMsMax?: number;
}

/**
 * Asks the admin server of the Sluice that listens there. Throws AdminClientError where none answers, or wants a token.
 * @param signal whoever asks does not wait any longer.
 */
export async function askAdmin(address: ListenAddress, question: Question, signal?: AbortSignal): Promise<AdminAnswer> {
  const timeoutMs = question.timeoutMs ?? ANSWER_TIMEOUT_MS;
  const timeout = AbortSignal.timeout(timeoutMs);
  const response = await openAnswer(address, question, signal === undefined ? timeout : AbortSignal.any([timeout, signal]), timeoutMs);
  return readAnswer(address, response, { timeoutMs, bytesMax: question.answerBytesMax ?? ANSWER_BYTES_MAX });
}

interface AnswerBounds {
  readonly timeoutMs: number;
  readonly bytesMax: number;
}

/** The same until the head of the answer, whose body is the caller's. @param timeoutMs after which the signal comes, to be told. */
export async function openAnswer(
  address: ListenAddress, { method, path, token, content, silenceMsMax = 0 }: Question, signal: AbortSignal, timeoutMs = ANSWER_TIMEOUT_MS,
): Promise<IncomingMessage> {
  const payload = content === undefined ? '' : JSON.stringify(content);
  const headers = {
    [ADMIN_HEADER]: '1',
    ...(method === 'POST' && { 'content-length': Buffer.byteLength(payload) }),
    ...(payload !== '' && { 'content-type': 'application/json' }),
    ...(token !== null && { authorization: `Bearer ${token}` }),
  };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = sendRequest({ host: reachableHost(address.host), port: address.port, path, method, headers, signal, agent: false });
    request.on('error', (error) => reject(failureOf(address, error, timeoutMs)));
    request.on('response', resolve);
    request.setTimeout(silenceMsMax, () => request.destroy(new Error(`nothing came for ${silenceMsMax / 1000} s`)));
    request.end(payload);
  });
  if (response.statusCode !== 401) return response;
  response.destroy();
  throw new AdminClientError(`The Sluice at ${addressText(address)} wants a token: set ${ADMIN_TOKEN_VARIABLE} to the one it runs with.`, { status: 401 });
}

/** The rest of an answer. Throws AdminClientError where it does not come whole. */
export async function readAnswer(address: ListenAddress, response: IncomingMessage, { timeoutMs, bytesMax }: AnswerBounds = { timeoutMs: ANSWER_TIMEOUT_MS, bytesMax: ANSWER_BYTES_MAX }): Promise<AdminAnswer> {
  try {
    return { status: response.statusCode ?? 0, body: await readBody(response, bytesMax) };
  } catch (error) {
    throw failureOf(address, error, timeoutMs);
  }
}

/** @param refused what a Sluice that answers with a problem has done: `refused the reload`. */
export function unusableAnswer(address: ListenAddress, refused: string, { status, body }: AdminAnswer): AdminClientError {
  const place = addressText(address);
  const detail = parseObject(body)['detail'];
  return new AdminClientError(
    typeof detail === 'string' ? `The Sluice at ${place} ${refused} (${status}): ${detail}` : `What answers at ${place} is not the admin server of Sluice (status ${status}).`,
    { status },
  );
}

async function readBody(response: IncomingMessage, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** A wildcard is no destination; what listens on it also listens on loopback. */
function reachableHost(host: string): string {
  if (!isWildcard(host)) return host;
  return host === '::' ? '::1' : '127.0.0.1';
}

function failureOf(address: ListenAddress, error: unknown, timeoutMs: number): AdminClientError {
  return new AdminClientError(failureText(addressText(address), error, timeoutMs), { cause: error });
}

function failureText(place: string, error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return `no Sluice can be asked at ${place}: ${String(error)}`;
  if ('code' in error && error.code === 'ECONNREFUSED') return `no Sluice answers at ${place}`;
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return `the Sluice at ${place} did not answer within ${timeoutMs / 1000} s`;
  return `no Sluice can be asked at ${place}: ${error.message}`;
}

/** `{}` for what is no JSON object. */
export function parseObject(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
