import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../lib/clock.ts';
import { isInstanceMessage, type InstanceMessage } from './instance-message.ts';

/** An instance could not start; the message says why. */
export class InstanceError extends Error {
  override readonly name = 'InstanceError';
}

/** A running instance. */
export interface InstanceProcess {
  readonly pid: number;
  readonly port: number;
  /** Resolves when the process has ended, for whatever reason; never rejects. */
  readonly ended: Promise<void>;
  /** Ends the process; kills it after two seconds. */
  stop(): Promise<void>;
}

const STOP_MS_MAX = 2000;

const ENTRY = import.meta.url.endsWith('.ts') ? '../demo/instance-main.ts' : '../demo/instance-main.js';

/** Starts an instance and waits until it listens; port 0 takes a free one. Throws InstanceError. */
export async function startInstance(name: string, port: number, clock: Clock): Promise<InstanceProcess> {
  const child = fork(fileURLToPath(new URL(ENTRY, import.meta.url)), [name, String(port)], {
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const message = await firstMessage(child, ended);
  if (message.kind === 'failed') throw new InstanceError(`${name} cannot start: ${message.text}`);
  return { pid: child.pid ?? 0, port: message.port, ended, stop: () => stop(child, ended, clock) };
}

async function firstMessage(child: ChildProcess, ended: Promise<void>): Promise<InstanceMessage> {
  const told = once(child, 'message').then(([message]): InstanceMessage => {
    return isInstanceMessage(message) ? message : { kind: 'failed', text: 'it sent an unknown message' };
  });
  const gone = ended.then((): InstanceMessage => ({ kind: 'failed', text: 'it ended before it listened' }));
  return Promise.race([told, gone]);
}

async function stop(child: ChildProcess, ended: Promise<void>, clock: Clock): Promise<void> {
  // An instance leaves when the channel to its parent closes, which also happens when the parent dies.
  if (child.connected) child.disconnect();
  const stopWaiting = clock.every(STOP_MS_MAX, () => child.kill('SIGKILL'));
  await ended;
  stopWaiting();
}
