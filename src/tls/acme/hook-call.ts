import { spawn } from 'node:child_process';
import type { Clock } from '../../lib/clock.ts';

/** What a hook says of its failure is quoted up to here. */
const WORDS_BYTES_MAX = 2000;
const LAST_WORDS_MS = 1000;

export interface HookCall {
  /** To put the record in place beside others of its name, or to take it away. */
  readonly action: 'present' | 'cleanup';
  /** `_acme-challenge.HOST`, without a dot at its end. */
  readonly fqdn: string;
  /** Text of the TXT record. */
  readonly value: string;
}

/**
 * Runs `COMMAND… ACTION FQDN VALUE`, with the gateway's own environment and folder and nothing on standard input.
 * Exit code 0 means done. After `timeoutMs` it is killed with all it has started.
 *
 * @throws Error with the end of its standard error.
 */
export async function callCommand(command: readonly string[], call: HookCall, timeoutMs: number, clock: Clock): Promise<void> {
  const [program = '', ...args] = command;
  // A group of its own, so that a shell does not outlive its time through a child.
  const child = spawn(program, [...args, call.action, call.fqdn, call.value], { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let words = '';
  child.stderr.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString()).slice(-WORDS_BYTES_MAX);
  });
  const stops = [clock.every(timeoutMs, () => {
    killGroup(child.pid);
    reject(new Error(`${program} ${call.action} was killed after ${timeoutMs / 1000} s`));
  })];
  child.on('error', (error) => reject(new Error(`${program} cannot be run: ${error.message}`, { cause: error })));
  const onExit = (code: number | null, signal: string | null): void => {
    if (code === 0) return resolve();
    const fail = (): void => reject(new Error(`${program} ${call.action} ended with ${code ?? signal ?? 'no reason'}${quoted(words)}`));
    // Its last words may still be on their way; what it has left running can hold the line open.
    child.once('close', fail);
    stops.push(clock.every(LAST_WORDS_MS, fail));
  };
  child.once('exit', onExit);
  try {
    await promise;
  } finally {
    for (const stop of stops) stop();
    child.off('exit', onExit);
    child.stderr.destroy();
  }
}

/**
 * POSTs `{ action, fqdn, value }` as JSON. A status of 2xx means done; redirects are not followed.
 *
 * @throws Error with the status and the beginning of the answer.
 */
export async function callUrl(url: string, headers: readonly (readonly [name: string, value: string])[], call: HookCall, timeoutMs: number): Promise<void> {
  const { origin } = new URL(url);
  const sent = new Headers(headers.map(([name, value]): [string, string] => [name, value]));
  sent.set('content-type', 'application/json');
  const signal = AbortSignal.timeout(timeoutMs);
  const response = await fetch(url, { method: 'POST', headers: sent, body: JSON.stringify(call), signal, redirect: 'manual' }).catch((error: unknown) => {
    const reason = signal.aborted ? `no answer within ${timeoutMs / 1000} s` : causeOf(error);
    throw new Error(`the DNS hook at ${origin} failed: ${reason}`, { cause: error });
  });
  if (response.ok) return response.body?.cancel();
  const words = await beginningOf(response);
  throw new Error(`the DNS hook at ${origin} answered ${response.status}${quoted(words)}`);
}

async function beginningOf(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  const first = await reader?.read().catch(() => undefined);
  await reader?.cancel().catch(() => undefined);
  return Buffer.from(first?.value ?? []).toString().slice(0, WORDS_BYTES_MAX);
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended in this moment.
  }
}

/** fetch says "fetch failed" and keeps the reason. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

function quoted(words: string): string {
  const text = words.replaceAll(/\s+/g, ' ').trim();
  return text === '' ? '' : `: ${text}`;
}
