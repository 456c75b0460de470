import { request as sendRequest, type IncomingMessage } from 'node:http';
import type { ListenAddress } from '../config/config.ts';
import { ADMIN_TOKEN_VARIABLE } from './admin-token.ts';
import { addressText, isWildcard } from './loopback.ts';
import { ADMIN_HEADER } from './request-guard.ts';
import type { ReloadResult } from './services.ts';

/** The admin server could not be asked; the message is for the user. */
export class AdminClientError extends Error {
  override readonly name = 'AdminClientError';
}

const ANSWER_BYTES_MAX = 1024 * 1024;
/** A reload waits for every worker to build its generation. */
const ANSWER_TIMEOUT_MS = 60_000;

/** Asks the Sluice that listens there to reload. Throws AdminClientError where no usable answer comes. */
export async function postReload(address: ListenAddress, token: string | null = null): Promise<ReloadResult> {
  const { status, body } = await askAdmin(address, { method: 'POST', path: '/reload', token });
  const answer = readReload(status, parseObject(body));
  if (answer === null) throw unusableAnswer(address, 'refused the reload', { status, body });
  return answer;
}

function readReload(status: number, answer: Record<string, unknown>): ReloadResult | null {
  const { generation, ms, error, diagnostics } = answer;
  if (status === 200 && typeof generation === 'number' && typeof ms === 'number') return { ok: true, generation, ms };
  if ((status !== 409 && status !== 422) || typeof error !== 'string' || !Array.isArray(diagnostics)) return null;
  const reason = status === 422 ? 'invalid' : 'conflict';
  return { ok: false, reason, error, diagnostics: diagnostics.filter((text) => typeof text === 'string') };
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
}

/** Asks the admin server of the Sluice that listens there. Throws AdminClientError where none answers, or wants a token. */
export async function askAdmin(address: ListenAddress, { method, path, token, content }: Question): Promise<AdminAnswer> {
  const payload = content === undefined ? '' : JSON.stringify(content);
  const headers = {
    [ADMIN_HEADER]: '1',
    ...(method === 'POST' && { 'content-length': Buffer.byteLength(payload) }),
    ...(payload !== '' && { 'content-type': 'application/json' }),
    ...(token !== null && { authorization: `Bearer ${token}` }),
  };
  const answer = await new Promise<AdminAnswer>((resolve, reject) => {
    const fail = (error: Error): void => reject(new AdminClientError(failure(address, error), { cause: error }));
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const request = sendRequest({ host: reachableHost(address.host), port: address.port, path, method, headers, signal, agent: false });
    request.on('error', fail);
    request.on('response', (response) => {
      readBody(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), fail);
    });
    request.end(payload);
  });
  if (answer.status !== 401) return answer;
  throw new AdminClientError(`The Sluice at ${addressText(address)} wants a token: set ${ADMIN_TOKEN_VARIABLE} to the one it runs with.`);
}

/** @param refused what a Sluice that answers with a problem has done: `refused the reload`. */
export function unusableAnswer(address: ListenAddress, refused: string, { status, body }: AdminAnswer): AdminClientError {
  const place = addressText(address);
  const detail = parseObject(body)['detail'];
  return new AdminClientError(
    typeof detail === 'string' ? `The Sluice at ${place} ${refused} (${status}): ${detail}` : `What answers at ${place} is not the admin server of Sluice (status ${status}).`,
  );
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** A wildcard is no destination; what listens on it also listens on loopback. */
function reachableHost(host: string): string {
  if (!isWildcard(host)) return host;
  return host === '::' ? '::1' : '127.0.0.1';
}

function failure(address: ListenAddress, error: Error): string {
  const place = addressText(address);
  if ('code' in error && error.code === 'ECONNREFUSED') return `no Sluice answers at ${place}`;
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return `the Sluice at ${place} did not answer within ${ANSWER_TIMEOUT_MS / 1000} s`;
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
