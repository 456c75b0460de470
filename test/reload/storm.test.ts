import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import type { ClientHttp2Session } from 'node:http2';
import path from 'node:path';
import t, { type Test } from 'tap';
import { connectH2, requestH2 } from '../helpers/h2-client.ts';
import { NumberedStreams, startNumberedUpstream } from '../helpers/numbered-streams.ts';
import { startSluice, type SluiceProcess } from '../helpers/sluice-process.ts';
import { readText } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';
import { freePort } from '../helpers/worker-plan.ts';

/** `SLUICE_RELOAD_STORM=full` is the whole storm, of a minute, with its figures; the suite has a short one. */
const FULL = process.env['SLUICE_RELOAD_STORM'] === 'full';
const STORM = FULL
  ? { reloads: 100, everyMs: 600, perSecond: 1000, events: 200, webSockets: 200, settleMs: 10_000 }
  : { reloads: 20, everyMs: 0, perSecond: 200, events: 20, webSockets: 20, settleMs: 1000 };
const WARM_UP_RELOADS = 10;
/** All threads together. */
const GROWTH_BYTES_MAX = 100 * 1024;
const TICK_MS = 10;
const PROBE = path.join(import.meta.dirname, '../helpers/heap-probe.ts');

/** Requests over HTTP/1.1 and HTTP/2 in turn, so many each second whatever becomes of those before. */
class MixedLoad {
  sent = 0;
  readonly faults: string[] = [];
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  readonly #open = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout;

  constructor(port: number, session: ClientHttp2Session, perSecond: number) {
    const startMs = performance.now();
    this.#timer = setInterval(() => {
      const due = ((performance.now() - startMs) * perSecond) / 1000;
      while (this.sent < due) {
        const target = `/n/${this.sent}`;
        const asked = this.#ask(port, session, target);
        this.#open.add(asked);
        void asked.then(() => this.#open.delete(asked));
        this.sent += 1;
      }
    }, TICK_MS);
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
    this.#agent.destroy();
  }

  async #ask(port: number, session: ClientHttp2Session, target: string): Promise<void> {
    const fault = await (this.sent % 2 === 0 ? this.#http1(port, target) : http2(session, target));
    if (fault !== '') this.faults.push(`${target}: ${fault}`);
  }

  async #http1(port: number, target: string): Promise<string> {
    return new Promise((resolve) => {
      const request = http.get({ host: '127.0.0.1', port, path: target, agent: this.#agent }, (response) => {
        readText(response).then((text) => resolve(judge(response.statusCode ?? 0, text, target)), (error: unknown) => resolve(String(error)));
      });
      request.on('error', (error) => resolve(`HTTP/1.1 ${error.message}`));
    });
  }
}

async function http2(session: ClientHttp2Session, target: string): Promise<string> {
  try {
    const { status, body, resetCode } = await requestH2(session, { ':path': target });
    return resetCode === 0 ? judge(status, body.toString(), target) : `HTTP/2 reset ${resetCode}`;
  } catch (error) {
    return `HTTP/2 ${String(error)}`;
  }
}

function judge(status: number, text: string, target: string): string {
  if (status !== 200) return `status ${status}`;
  return text === createHash('sha256').update(target).digest('hex') ? '' : 'another answer';
}

function count(sluice: SluiceProcess, text: string): number {
  return sluice.output().split(text).length - 1;
}

/** Bytes in use in all threads, after a collection of garbage. */
async function heapOf(sluice: SluiceProcess, threads: number): Promise<number> {
  const before = count(sluice, '\nheap ');
  sluice.child.kill('SIGIO');
  await eventually(() => count(sluice, '\nheap ') === before + threads, 20_000);
  return [...sluice.output().matchAll(/^heap \d+ (\d+)$/gm)].slice(-threads).reduce((sum, [, bytes]) => sum + Number(bytes), 0);
}

/** What waits for its time-out is given back by and by. */
async function settledHeap(sluice: SluiceProcess): Promise<number> {
  let least = Infinity;
  const settledMs = performance.now() + STORM.settleMs;
  await eventually(async () => {
    least = Math.min(least, await heapOf(sluice, 3));
    return performance.now() > settledMs;
  }, 30_000);
  return least;
}

async function storm(t: Test): Promise<void> {
  const upstream = await startNumberedUpstream(t, 100);
  const [plain, secure] = [await freePort(), await freePort()];
  const yaml = (round: number): string => `
workers: 2
listen: { http: "127.0.0.1:${plain}", https: "127.0.0.1:${secure}", admin: off }
log: { level: info }
accessLog: off
recentRequests: 0
reload: { watch: true }
defaults: { https: both, headers: { preset: strict }, rateLimit: 1000000/s }
upstreams:
  app: { targets: "${upstream.target}", keepAlive: { idle: ${60 + (round % 2)}s } }
  other: { targets: "127.0.0.1:${1 + (round % 5)}" }
routes:
  - { upstream: app }
  - { path: /round, respond: { body: "${round}" } }
${Array.from({ length: 50 }, (_, i) => `  - { path: "/r${i}-${round % 3}/*", upstream: other }`).join('\n')}`;
  const sluice = await startSluice(t, yaml(0), { node: ['--import', PROBE] });
  const ca = readFileSync(/^ {2}local CA\s+(\S+)$/m.exec(sluice.output())?.[1] ?? '', 'utf8');
  const session = await connectH2(t, secure, ca, {});
  session.setMaxListeners(0);
  let round = 0;
  const reloads = async (wanted: number, everyMs: number): Promise<void> => {
    const startMs = performance.now();
    for (let i = 1; i <= wanted; i++) {
      round += 1;
      const before = count(sluice, 'configuration reloaded');
      sluice.write(yaml(round));
      // Three of four by a signal, at which the watch has nothing left to do; the fourth by the watch.
      if (round % 4 !== 0) sluice.child.kill('SIGHUP');
      await eventually(() => count(sluice, 'configuration reloaded') > before && performance.now() - startMs >= i * everyMs, 30_000);
    }
  };
  const run = async (many: number, everyMs: number) => {
    const streams = await NumberedStreams.open(plain, STORM.events, STORM.webSockets);
    const load = new MixedLoad(plain, session, STORM.perSecond);
    const startMs = performance.now();
    await reloads(many, everyMs);
    const seconds = (performance.now() - startMs) / 1000;
    const { least } = streams;
    await eventually(() => streams.least > least + 1, 20_000);
    await load.end();
    streams.close();
    await eventually(() => upstream.streaming === 0, 20_000);
    return { sent: load.sent, seconds, faults: [...load.faults, ...streams.faults] };
  };
  await run(WARM_UP_RELOADS, 0);
  const heapBefore = await settledHeap(sluice);
  const { sent, seconds, faults } = await run(STORM.reloads, STORM.everyMs);
  const growth = (await settledHeap(sluice) - heapBefore) / STORM.reloads;
  t.comment(`${STORM.reloads} reloads in ${seconds.toFixed(1)} s, ${sent} requests, ${STORM.events} event streams, ${STORM.webSockets} WebSockets: ${faults.length} faults, ${(growth / 1024).toFixed(1)} KiB of heap a reload`);
  t.equal(count(sluice, 'configuration reloaded'), WARM_UP_RELOADS + STORM.reloads, 'as many generations as files');
  t.strictSame(faults.slice(0, 20), [], 'no request fails, no stream is cut or has a gap');
  t.ok(growth < GROWTH_BYTES_MAX, `${Math.round(growth)} bytes a reload`);
  if (!FULL) t.ok(seconds < 30, `${seconds} s`);
  t.strictSame(sluice.output().split('\n').filter((line) => line.includes('"level":"error"')), []);
}

if (FULL) t.setTimeout(180_000);

await t.test('no request fails and no stream is cut in a storm of reloads, and none of them leaves anything behind', storm);
