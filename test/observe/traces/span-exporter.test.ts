import t, { type Test } from 'tap';
import type { CollectorConfig } from '../../../src/config/traces-config.ts';
import { SpanExporter } from '../../../src/observe/traces/span-exporter.ts';
import type { TracedRecord } from '../../../src/observe/traces/span-json.ts';
import { Trace } from '../../../src/observe/traces/trace.ts';
import { startCollector, type Collector } from '../../helpers/collector.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { eventually } from '../../helpers/wait-for.ts';
import { privacyOf } from '../sample-privacy.ts';
import { sampleRecord } from '../sample-record.ts';

const START = { member: 'api:8000', host: 'api', port: 8000, secure: false, isH2: false, path: '/', startMs: 0 };
const PRIVACY = privacyOf();

interface Bench {
  readonly exporter: SpanExporter;
  readonly collector: Collector;
  readonly clock: ManualClock;
  readonly said: readonly string[];
  readonly add: (attempts?: number) => void;
  /** Waits until the collector has been asked so often, and the exporter has heard the answer. */
  readonly asked: (times: number) => Promise<void>;
}

async function startBench(t: Pick<Test, 'teardown'>, config: Partial<CollectorConfig> = {}): Promise<Bench> {
  const collector = await startCollector(t);
  const clock = new ManualClock();
  const said: string[] = [];
  const say = (message: string, fields?: object): void => void said.push(`${message} ${JSON.stringify(fields ?? {})}`);
  const exporter = new SpanExporter(
    { url: `${collector.endpoint}/v1/traces`, headers: [], service: 'edge', timeoutMs: 60_000, spansMax: 2048, user: false, ...config },
    { clock, logger: { error: say, warn: say, info: say, debug: say, isDebug: false }, instance: 'host-1-2' },
  );
  t.teardown(async () => exporter.close(0));
  return {
    exporter, collector, clock, said,
    add: (attempts = 1) => exporter.add(recordOf(attempts), PRIVACY),
    // The deadline of a request that has been answered is no ticker any more.
    asked: async (times) => void await eventually(() => collector.requests.length === times && clock.tickers === 1),
  };
}

function recordOf(attempts: number): TracedRecord {
  const trace = new Trace('0af7651916cd43dd8448eb211c80319c', '', 3, '', true);
  for (let i = 0; i < attempts; i += 1) trace.begin(START);
  return { ...sampleRecord, hostPort: null, trace };
}

/** Moves the clock until something has ended. */
async function ended(clock: ManualClock, end: Promise<void>): Promise<void> {
  let isOver = false;
  const wait = async (): Promise<void> => {
    await end;
    isOver = true;
  };
  void wait();
  await eventually(() => {
    clock.advance(1);
    return isOver;
  });
}

await t.test('spans go out together, by a timer, with the name of the service', async (t) => {
  const { collector, clock, add, asked } = await startBench(t);
  for (let i = 0; i < 3; i += 1) add();
  clock.advance(999);
  t.equal(collector.requests.length, 0);
  clock.advance(1);
  await asked(1);
  t.equal(collector.spans.length, 6);
  t.strictSame(collector.spans[0]?.resource, { 'service.name': 'edge', 'service.instance.id': 'host-1-2' });
  clock.advance(5000);
  t.equal(collector.requests.length, 1, 'nothing is sent where there is nothing');
});

await t.test('a full batch does not wait for the timer, and a request that was not recorded is passed over', async (t) => {
  const { exporter, collector, add, asked } = await startBench(t);
  exporter.add({ ...recordOf(0), trace: null }, PRIVACY);
  exporter.add({ ...recordOf(0), trace: new Trace('0af7651916cd43dd8448eb211c80319c', '', 2, '', true) }, PRIVACY);
  for (let i = 0; i < 256; i += 1) add();
  await asked(1);
  t.equal(collector.spans.length, 512);
});

await t.test('what has no room is dropped and counted, and what a request without end tried is bounded', async (t) => {
  const { exporter, add } = await startBench(t, { spansMax: 40 });
  add(100);
  t.equal(exporter.dropped, 0, '33 spans');
  add(7);
  t.equal(exporter.dropped, 8);
  add(6);
  t.equal(exporter.dropped, 8);
  add(0);
  t.equal(exporter.dropped, 9);
});

await t.test('spans that the collector cannot take are kept and sent again, ever more rarely, and it is said once', async (t) => {
  const { exporter, collector, clock, said, add, asked } = await startBench(t, { spansMax: 4 });
  collector.answer = { status: 503 };
  add();
  add();
  for (const [times, waitMs] of [[1, 1000], [2, 1000], [3, 2000], [4, 4000]] as const) {
    clock.advance(waitMs - 1);
    t.equal(collector.requests.length, times - 1);
    clock.advance(1);
    await asked(times);
  }
  add();
  t.equal(exporter.dropped, 2, 'there is no room for more meanwhile');
  t.match(said, [/^the collector does not take spans.*"reason":"status 503","collector":"127/]);
  t.equal(said.length, 1);
  collector.answer = { status: 200 };
  clock.advance(8000);
  await asked(5);
  t.equal(collector.spans.length, 4);
  t.match(said[1], /takes spans again.*"dropped":2/);
  add();
  clock.advance(1000);
  await asked(6);
  t.equal(collector.spans.length, 6);
});

await t.test('the collector may say itself when to come again', async (t) => {
  const { collector, clock, add, asked } = await startBench(t);
  collector.answer = { status: 429, headers: { 'retry-after': '30' } };
  add();
  clock.advance(1000);
  await asked(1);
  clock.advance(29_999);
  t.equal(collector.requests.length, 1);
  clock.advance(1001);
  await asked(2);
});

await t.test('spans that the collector refuses are gone, and counted', async (t) => {
  const { exporter, collector, clock, said, add, asked } = await startBench(t);
  collector.answer = { status: 400 };
  add();
  clock.advance(1000);
  await asked(1);
  t.equal(exporter.dropped, 2);
  collector.answer = { status: 200, body: '{"partialSuccess":{"rejectedSpans":1,"errorMessage":"too long"}}' };
  add();
  clock.advance(1000);
  await asked(2);
  t.equal(exporter.dropped, 3);
  t.match(said, [/refused spans.*"spans":2,"reason":"status 400"/, /refused spans.*"spans":1,"reason":"too long"/]);
});

await t.test('at its end it sends what is left', async (t) => {
  const { exporter, collector, clock, add, asked } = await startBench(t);
  for (let i = 0; i < 300; i += 1) add();
  await asked(1);
  await ended(clock, exporter.close(500));
  t.strictSame([collector.spans.length, exporter.dropped, clock.tickers], [600, 0, 0]);
});

await t.test('a collector that is dead or silent holds up the end no longer than that', async (t) => {
  const silent = await startBench(t);
  silent.collector.answer = 'nothing';
  silent.add();
  const closed = silent.exporter.close(500);
  await eventually(() => silent.collector.requests.length === 1);
  silent.clock.advance(500);
  await closed;
  t.equal(silent.exporter.dropped, 2);
  const dead = await startBench(t);
  await dead.collector.close();
  dead.add();
  await ended(dead.clock, dead.exporter.close(500));
  t.equal(dead.exporter.dropped, 2, 'one that has failed is not waited for');
});
