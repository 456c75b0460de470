import { spawn } from 'node:child_process';
import { closeSync, writeSync } from 'node:fs';
import type { Clock } from '../lib/clock.ts';
import { HANDED_DOWN, type InheritedSocket, inheritedSockets } from '../listen/inherited-sockets.ts';

/** What one Sluice leaves to the one that takes its place. */
interface Estate {
  /** Sockets that listen: all of them, public and admin. */
  readonly descriptors: readonly number[];
  /** For sticky cookies. */
  readonly secret: Uint8Array;
}

interface Inheritance {
  readonly sockets: readonly InheritedSocket[];
  /** Null: nobody was here before. */
  readonly secret: Uint8Array | null;
  /** Tells the one before, if there is one, to take no further connections and to end what it has in work. */
  readonly announce: () => void;
}

/** Hex of the secret for sticky cookies of the Sluice before this one. */
const SECRET = 'SLUICE_HANDED_SECRET';
/** Files that Docker, Podman and Kubernetes put into every container. */
const CONTAINER_MARKS = ['/.dockerenv', '/run/.containerenv', '/var/run/secrets/kubernetes.io'];
/** Where a successor says that it is ready; its sockets follow. */
const READY_DESCRIPTOR = 3;
const READY = 'ready';
/** A start with its first health checks and certificates. */
const READY_TIMEOUT_MS = 60_000;

/**
 * What this process was given at its start, by the Sluice before it or by a service manager. Taken out of `env`, so that
 * nobody who is started later takes it for his.
 * @throws InheritError saying which of the sockets cannot be used.
 */
export function inherit(env: Record<string, string | undefined>, pid: number): Inheritance {
  const sockets = inheritedSockets(env, pid);
  const secret = env[SECRET];
  for (const name of [HANDED_DOWN, SECRET, 'LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) Reflect.deleteProperty(env, name);
  if (secret === undefined) return { sockets, secret: null, announce: () => undefined };
  return { sockets, secret: Buffer.from(secret, 'hex'), announce };
}

/** Whether the container ends with this process: it is the first of it, or was started by a first one such as tini that does nothing else. */
export function isOnlyOfContainer({ pid, ppid }: { readonly pid: number; readonly ppid: number }, exists: (file: string) => boolean): boolean {
  return pid === 1 || (ppid === 1 && CONTAINER_MARKS.some((file) => exists(file)));
}

/**
 * Starts this program again with the sockets of this process, so that no connection is refused or lost on the way from one
 * to the other. @param signal nobody is to follow any more. @returns its number when it takes requests.
 * @throws Error where it does not come so far; it has ended then.
 */
export async function startSuccessor({ descriptors, secret }: Estate, clock: Clock, signal: AbortSignal): Promise<number> {
  const first = READY_DESCRIPTOR + 1;
  // The watchdog of systemd is told by whoever is the main process.
  const env = { ...process.env, WATCHDOG_PID: undefined, [HANDED_DOWN]: `${first}-${READY_DESCRIPTOR + descriptors.length}`, [SECRET]: Buffer.from(secret).toString('hex') };
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], { stdio: ['inherit', 'inherit', 'inherit', 'pipe', ...descriptors], env });
  const late = new AbortController();
  const stopWaiting = clock.every(READY_TIMEOUT_MS, () => late.abort());
  try {
    await new Promise<void>((resolve, reject) => {
      late.signal.addEventListener('abort', () => reject(new Error(`the new process was not ready within ${READY_TIMEOUT_MS / 1000} s`)));
      signal.addEventListener('abort', () => reject(new Error('this process is to end')), { once: true });
      child.once('error', reject);
      child.once('exit', (code, killedBy) => reject(new Error(`the new process ended (${killedBy ?? `exit code ${code}`}); what it printed says why`)));
      child.stdio[READY_DESCRIPTOR]?.once('data', () => resolve());
    });
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    stopWaiting();
  }
  if (signal.aborted) {
    child.kill('SIGKILL');
    throw new Error('this process is to end');
  }
  child.removeAllListeners('exit');
  child.stdio[READY_DESCRIPTOR]?.destroy();
  child.unref();
  return child.pid ?? 0;
}

function announce(): void {
  try {
    writeSync(READY_DESCRIPTOR, READY);
    closeSync(READY_DESCRIPTOR);
  } catch {
    // The one before has gone: then there is nobody to be told.
  }
}
