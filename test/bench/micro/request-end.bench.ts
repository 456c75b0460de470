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
import { inTurn, micro } from '../micro-bench.ts';

/** Requests that end in one turn of a busy worker's event loop. */
const TURN = 32;
/** Turns between two looks at the clock. */
const BATCH = 512;
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

const next = inTurn(exchanges);

for (const [what, end] of [
  ['all of it: JSON line, counts, last requests', (exchange) => full.onEnd(exchange)],
  ['  with e-mail, phone, card and address masked', (exchange) => masked.onEnd(exchange)],
  ['without the line', (exchange) => silent.onEnd(exchange)],
  ['the counts alone', (exchange) => bare.onEnd(exchange)],
  ['nothing: the share of a turn, which is in all of these', () => undefined],
] satisfies [what: string, end: (exchange: Exchange) => void][]) {
  await micro(what, async (ended: readonly Exchange[]) => {
    for (const exchange of ended) end(exchange);
    await nextTurn();
  }, { input: () => Array.from({ length: TURN }, next), times: TURN, batch: BATCH });
}
if (output.dropped > 0) throw new Error(`${output.dropped} lines were dropped`);
closeSync(fd);
process.exit();
