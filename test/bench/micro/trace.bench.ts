// What traces cost each request, without and with export: node test/bench/micro/trace.bench.ts
import { randomBytes } from 'node:crypto';
import type { TracesConfig } from '../../../src/config/traces-config.ts';
import { randomHex } from '../../../src/lib/random-hex.ts';
import { spansJson } from '../../../src/observe/traces/span-json.ts';
import { TraceEntry } from '../../../src/request/trace-entry.ts';
import { privacyOf } from '../../observe/sample-privacy.ts';
import { sampleRecord } from '../../observe/sample-record.ts';
import { sampleExchange } from '../../helpers/sample-exchange.ts';
import { micro } from '../micro-bench.ts';

const START = { member: 'api:8000', host: 'api', port: 8000, secure: false, isH2: false, path: '/api/orders/42', startMs: 0.1 };
const OFF: TracesConfig = { trustClients: 'ids', sample: 1, collector: null };
const collector = { url: 'http://c/v1/traces', headers: [], service: 's', timeoutMs: 1, spansMax: 1, user: false };
const off = new TraceEntry(OFF);
const tenth = new TraceEntry({ ...OFF, sample: 0.1 });
const on = new TraceEntry({ ...OFF, collector });
const privacy = privacyOf();
const fresh = sampleExchange().exchange;
const child = sampleExchange({ headers: ['Host', 'a.test', 'traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'tracestate', 'congo=t61rcWkgMzE'] }).exchange;

/** All that is done for traces on the way of a request with one attempt. */
function pass(entry: TraceEntry, exchange: typeof fresh): string {
  entry.begin(exchange);
  const attempt = exchange.trace?.begin(START);
  return `${attempt?.traceparent}`;
}

function passAndExport(): string {
  on.begin(fresh);
  const { trace } = fresh;
  if (trace === null || trace.attempts === null) throw new Error('it is not recorded');
  const attempt = trace.begin(START);
  attempt.connected(0.5);
  attempt.settled(200, 2.5);
  attempt.ended(3);
  return spansJson({ ...sampleRecord, hostPort: null, trace }, trace, trace.attempts, privacy, false);
}

await micro('a span id from the pool', () => randomHex(16));
await micro('a span id by a call of its own', () => randomBytes(8).toString('hex'));
await micro('a new trace, no export', () => pass(off, fresh));
await micro('a new trace, one of ten sampled', () => pass(tenth, fresh));
await micro('the trace of a caller, with state', () => pass(off, child));
await micro('recorded: two spans as JSON', passAndExport);
