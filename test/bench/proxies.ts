import { mkdirSync, readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { freePort } from '../helpers/worker-plan.ts';
import { answerHeaders, isTls, type Peer, type Place, type Setup } from './peers/peer.ts';
import { PinnedProcess } from './pinned-process.ts';

/** What all proxies of a run have in common. */
export interface Common extends Pick<Place, 'cert' | 'key' | 'both' | 'sluice'> {
  readonly root: string;
}

export interface Proxy {
  readonly peer: Peer;
  readonly process: PinnedProcess;
  readonly port: number;
  readonly startMs: number;
  /** Milliseconds from the order until the next configuration answers. Null: it cannot be exchanged. */
  reload(version: string): Promise<number | null>;
}

const PATIENCE_MS = 30_000;

const SETTLING_MS = 300;

let started = 0;

/**
 * Starts a proxy, and waits until it has answered, with all headers that every proxy has to add.
 * @throws Error with what it has printed, where it ends or never answers.
 */
export async function startProxy(peer: Peer, setup: Setup, targetPort: number, common: Common): Promise<Proxy> {
  if (peer.program === null) throw new Error(`${peer.name} is not installed`);
  const dir = path.join(common.root, `${peer.name}-${(started += 1)}`);
  mkdirSync(dir);
  const place: Place = { ...common, dir, port: await freePort(), targetPort, setup };
  const args = peer.configure(place);
  const startedMs = performance.now();
  const process = new PinnedProcess(peer.name, dir, peer.program, args);
  try {
    const headers = await answers(place, process);
    const startMs = performance.now() - startedMs;
    const missing = answerHeaders(setup).find(([name, value]) => headers[name.toLowerCase()] !== value);
    if (missing !== undefined) throw new Error(`it does less than the others: ${missing[0]} is not in its answer`);
    return { peer, process, port: place.port, startMs, reload: async (version) => reload(place, version, peer, process) };
  } catch (error) {
    await process.stop();
    throw failure(`${peer.name} (${setup.name})`, process, error);
  }
}

async function reload(before: Place, version: string, peer: Peer, process: PinnedProcess): Promise<number | null> {
  if (peer.reload === null) return null;
  const place = { ...before, setup: { ...before.setup, version } };
  await settled(before, process);
  peer.configure(place);
  const orderedMs = performance.now();
  try {
    await peer.reload(place, (name) => process.signal(name));
    await answers(place, process);
  } catch (error) {
    throw failure(`${peer.name} does not reload`, process, error);
  }
  return performance.now() - orderedMs;
}

/** A master process may not listen to signals yet when its worker answers already. */
async function settled(place: Place, process: PinnedProcess): Promise<void> {
  const endMs = performance.now() + SETTLING_MS;
  while (performance.now() < endMs) await answers(place, process);
}

/** With the end of what the process has printed. */
function failure(what: string, process: PinnedProcess, cause: unknown): Error {
  return new Error(`${what}: ${cause instanceof Error ? cause.message : String(cause)}\n${readFileSync(process.log, 'utf8').slice(-500)}`.trimEnd(), { cause });
}

/** Asks again and again, without a pause that would round the time: nothing else is measured meanwhile. */
async function answers({ port, setup }: Place, process: PinnedProcess): Promise<http.IncomingHttpHeaders> {
  const endMs = performance.now() + PATIENCE_MS;
  while (performance.now() < endMs) {
    if (process.ended) throw new Error('it has ended');
    const headers = await headersOf(port, isTls(setup), setup.routes === 1 ? '/small' : '/service-0/');
    if (headers?.['x-version'] === setup.version) return headers;
  }
  throw new Error('it does not answer');
}

/** Of an answer with status 200 or 401; null without one. */
async function headersOf(port: number, secure: boolean, url: string): Promise<http.IncomingHttpHeaders | null> {
  return new Promise((resolve) => {
    const options = { port, host: '127.0.0.1', path: url, agent: false as const, servername: 'localhost', rejectUnauthorized: false, timeout: 5000, headers: { host: `${secure ? 'localhost' : '127.0.0.1'}:${port}` } };
    const request = (secure ? https : http).get(options, (response) => {
      response.resume().on('end', () => resolve(response.statusCode === 200 || response.statusCode === 401 ? response.headers : null)).on('error', () => resolve(null));
    });
    request.on('timeout', () => request.destroy()).on('error', () => resolve(null));
  });
}
