import { mkdirSync, readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { eventually } from '../helpers/wait-for.ts';
import { freePort } from '../helpers/worker-plan.ts';
import { isTls, type Peer, type Place, type Setup } from './peers/peer.ts';
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
  /** Milliseconds from the signal until the next configuration answers. Null: it cannot be exchanged. */
  reload(version: string): Promise<number | null>;
}

let started = 0;

/** Starts a proxy, and waits until it has answered. @throws Error with what it has printed, where it ends or never answers. */
export async function startProxy(peer: Peer, setup: Setup, targetPort: number, common: Common): Promise<Proxy> {
  if (peer.program === null) throw new Error(`${peer.name} is not installed`);
  const dir = path.join(common.root, `${peer.name}-${(started += 1)}`);
  mkdirSync(dir);
  const place: Place = { ...common, dir, port: await freePort(), targetPort, setup };
  const args = peer.configure(place);
  const startedMs = performance.now();
  const process = new PinnedProcess(peer.name, dir, peer.program, args);
  try {
    await answers(place, process, setup.version);
  } catch (error) {
    await process.stop();
    throw new Error(`${peer.name} does not answer (${setup.name}): ${readFileSync(process.log, 'utf8').slice(-500)}`, { cause: error });
  }
  return {
    peer, process, port: place.port, startMs: performance.now() - startedMs,
    async reload(version) {
      if (peer.reloadSignal === null) return null;
      peer.configure({ ...place, setup: { ...setup, version } });
      const signalledMs = performance.now();
      process.signal(peer.reloadSignal);
      await answers(place, process, version);
      return performance.now() - signalledMs;
    },
  };
}

async function answers({ port, setup }: Place, process: PinnedProcess, version: string): Promise<void> {
  let ended = false;
  await eventually(async () => {
    ended = process.ended;
    const said = ended ? null : await versionOf(port, isTls(setup), setup.routes === 1 ? '/small' : '/service-0/');
    return ended || said === version || said === '';
  }, 30_000);
  if (ended) throw new Error('it ended');
}

/** Value of X-Version of an answer with status 200 or 401; '' of a proxy that sends none; null without an answer. */
async function versionOf(port: number, secure: boolean, url: string): Promise<string | null> {
  return new Promise((resolve) => {
    const options = { port, host: '127.0.0.1', path: url, agent: false as const, servername: 'localhost', rejectUnauthorized: false, headers: { host: `${secure ? 'localhost' : '127.0.0.1'}:${port}` } };
    const request = (secure ? https : http).get(options, (response) => {
      response.resume().on('end', () => resolve(response.statusCode === 200 || response.statusCode === 401 ? String(response.headers['x-version'] ?? '') : null)).on('error', () => resolve(null));
    });
    request.on('error', () => resolve(null));
  });
}
