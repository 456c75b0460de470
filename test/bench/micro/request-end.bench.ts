// What a worker does when a request has ended (Observation.onEnd): its line, its counts, its place in the list. Target: line and
// counts under 5 µs together. node test/bench/micro/request-end.bench.ts
import { closeSync, openSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '../../../src/lib/clock.ts';
import { createLineWriter } from '../../../src/observe/line-writer.ts';
import type { Exchange } from '../../../src/exchange/exchange.ts';
import { Observation } from '../../../src/workers/observation.ts';
import { MemoryLogger } from '../../admin/sample-services.ts';
import { configOf } from '../../helpers/config-text.ts';
import { sampleExchange } from '../../helpers/sample-exchange.ts';
import { sampleRecord } from '../../observe/sample-record.ts';

const ROUNDS = 5;
const CALLS = 50_000;
/** Requests that end in one turn of a busy worker's event loop. */
const TURN = 32;
const ROUTES = 50;
const TARGETS = 8;

const fd = openSync('/dev/null', 'w');
const output = createLineWriter({ fd, bufferBytesMax: 256 * 1024 * 1024 });
const routes = Array.from({ length: ROUTES }, (_, index) => `{ name: route${index}, path: /${index}, respond: {} }`).join(', ');

/** Forwarded requests of a keep-alive client as a browser sends them, all different. */
const exchanges: readonly Exchange[] = Array.from({ length: 1000 }, (_, index) => {
  const { head: _head, identity: _identity, ...facts } = sampleRecord;
  const { exchange } = sampleExchange({ url: sampleRecord.url, headers: sampleRecord.head.rawHeaders });
  return Object.assign(exchange, facts, {
    id: `01jd3v9c5g2n${index}`, routeId: `route${index % ROUTES}`, target: `10.0.0.${index % TARGETS}:8000`, startedAtMs: sampleRecord.startedAtMs + index,
    totalMs: (index % 50) + 0.25, bytesOut: index * 50, traceId: index.toString(16).padStart(32, '0'),
  });
});

function observationOf(options: string): Observation {
  const observation = new Observation({ output, clock: systemClock, logger: new MemoryLogger(), secret: Buffer.alloc(32), instance: '1' });
  observation.use(configOf(`${options}\nroutes: [${routes}]`), {});
  return observation;
}

const full = observationOf('accessLog: json');
const silent = observationOf('accessLog: off');
const bare = observationOf('accessLog: off\nrecentRequests: 0');
const masked = observationOf('accessLog: { format: json, mask: { email: true, phone: true, card: true, address: truncate } }');

const cases: readonly (readonly [name: string, run: (exchange: Exchange) => void])[] = [
  ['all of it: JSON line, counts, last requests', (exchange) => full.onEnd(exchange)],
  ['  with e-mail, phone, card and address masked', (exchange) => masked.onEnd(exchange)],
  ['without the line', (exchange) => silent.onEnd(exchange)],
  ['the counts alone', (exchange) => bare.onEnd(exchange)],
];

/** The middle of all rounds, in ns of this thread's processor time: what else the machine does is not in it. */
async function cost(run: (exchange: Exchange) => void): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = process.threadCpuUsage();
    for (let index = 0; index < CALLS; index += 1) {
      run(exchanges[index % exchanges.length]!);
      if (index % TURN === 0) await nextTurn();
    }
    const { user, system } = process.threadCpuUsage(before);
    rounds.push(((user + system) * 1000) / CALLS);
  }
  return rounds.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0;
}

const turnNs = await cost(() => undefined);
for (const [name, run] of cases) console.log(`${name.padEnd(50)} ${Math.round(await cost(run) - turnNs).toString().padStart(6)} ns`);
console.log(`${ROUNDS} rounds of ${CALLS}, the median; ${output.dropped} lines dropped`);
closeSync(fd);
process.exit();
