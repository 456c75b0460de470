import { AcmeError } from './acme-types.ts';
import { fieldOf, listOf, retryAfterMs, textOf, type AcmeAnswer } from './answer.ts';

const PREFIX = 'urn:ietf:params:acme:error:';
/** A CA's own words are quoted, not copied without end. */
const DETAIL_CHARS_MAX = 500;
const SUBPROBLEMS_MAX = 20;
/** Codes of errors that have nothing to do with a connection: an answer too large, a key that cannot be read. */
const NO_NETWORK_FAULT = /^ERR_(BAD_RESPONSE|CRYPTO|INVALID|OSSL)/;

/** ACME type of a problem document (RFC 8555, 6.7) without its prefix; '' where it has none. */
export function problemType(problem: unknown): string {
  const type = textOf(problem, 'type');
  return type.startsWith(PREFIX) ? type.slice(PREFIX.length) : '';
}

/** A problem document as one sentence: what the CA says, and of which host (RFC 8555, 6.7.1). */
export function problemText(problem: unknown): string {
  const parts = listOf(problem, 'subproblems').slice(0, SUBPROBLEMS_MAX).map((sub) => {
    const host = textOf(fieldOf(sub, 'identifier'), 'value');
    return host === '' ? detailOf(sub) : `${host}: ${detailOf(sub)}`;
  });
  return [detailOf(problem), ...parts].join('; ');
}

/** The error that an answer with a status other than the expected one is. */
export function errorOf(caName: string, answer: AcmeAnswer, nowMs: number): AcmeError {
  const type = problemType(answer.data) || typeOfStatus(answer.status);
  const isProblem = textOf(answer.data, 'detail') !== '' || textOf(answer.data, 'type') !== '';
  const words = isProblem ? problemText(answer.data) : `it answered with status ${answer.status}, which was not expected`;
  return new AcmeError(`${caName}: ${words}`, type, retryAfterMs(answer, nowMs));
}

/** A failed connection, or anything else that is no answer. AcmeErrors stay what they are. */
export function asAcmeError(caName: string, error: unknown): AcmeError {
  if (error instanceof AcmeError) return error;
  const words = error instanceof Error ? oneLine(error.message) : 'failed without a reason';
  const code: unknown = fieldOf(error, 'code');
  const isNetwork = typeof code === 'string' && !NO_NETWORK_FAULT.test(code);
  return new AcmeError(`${caName}: ${words || String(code)}`, isNetwork ? 'network' : '', null, { cause: error });
}

function typeOfStatus(status: number): string {
  if (status === 429) return 'rateLimited';
  return status >= 500 ? 'serverInternal' : '';
}

function detailOf(problem: unknown): string {
  return oneLine(textOf(problem, 'detail')) || problemType(problem) || 'no reason given';
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, DETAIL_CHARS_MAX);
}
