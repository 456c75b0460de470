import { request as sendRequest, type IncomingMessage } from 'node:http';
import type { ListenAddress } from '../config/config.ts';
import { GUARD_TIME_MS_MAX } from '../config/guard-bound.ts';
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
  /** Default: a megabyte. */
  readonly answerBytesMax?: number;
  /** Default: a minute, because a reload waits for every worker. */
  readonly timeoutMs?: number;
}

/** Asks the admin server of the Sluice that listens there. Throws AdminClientError where none answers, or wants a token. */
export async function askAdmin(address: ListenAddress, { method, path, token, content, timeoutMs = ANSWER_TIMEOUT_MS, answerBytesMax = ANSWER_BYTES_MAX }: Question): Promise<AdminAnswer> {
  const payload = content === undefined ? '' : JSON.stringify(content);
  const headers = {
    [ADMIN_HEADER]: '1',
    ...(method === 'POST' && { 'content-length': Buffer.byteLength(payload) }),
    ...(payload !== '' && { 'content-type': 'application/json' }),
    ...(token !== null && { authorization: `Bearer ${token}` }),
  };
  const answer = await new Promise<AdminAnswer>((resolve, reject) => {
    const fail = (error: Error): void => reject(new AdminClientError(failure(address, error, timeoutMs), { cause: error }));
    const signal = AbortSignal.timeout(timeoutMs);
    const request = sendRequest({ host: reachableHost(address.host), port: address.port, path, method, headers, signal, agent: false });
    request.on('error', fail);
    request.on('response', (response) => {
      readBody(response, answerBytesMax).then((body) => resolve({ status: response.statusCode ?? 0, body }), fail);
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

function failure(address: ListenAddress, error: Error, timeoutMs: number): string {
  const place = addressText(address);
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
