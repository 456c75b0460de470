import t from 'tap';
import type { TracesConfig } from '../../../src/config/traces-config.ts';
import { Tracing } from '../../../src/observe/traces/tracing.ts';
import { Trace } from '../../../src/observe/traces/trace.ts';
import { startCollector } from '../../helpers/collector.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { eventually } from '../../helpers/wait-for.ts';
import { privacyOf } from '../sample-privacy.ts';
import { sampleRecord } from '../sample-record.ts';

const OFF: TracesConfig = { trustClients: 'ids', sample: 1, collector: null };
const ID = '0af7651916cd43dd8448eb211c80319c';

function ignore(): void {
  // What the exporter says is another test's.
}

function configFor(endpoint: string, service = 'edge'): TracesConfig {
  return { ...OFF, collector: { url: `${endpoint}/v1/traces`, headers: [], service, timeoutMs: 60_000, spansMax: 100, user: false } };
}

await t.test('the exporter follows the configuration: what the old one holds is sent, and what is the same stays', async (t) => {
  const collector = await startCollector(t);
  const clock = new ManualClock();
  const tracing = new Tracing({ clock, logger: { error: ignore, warn: ignore, info: ignore, debug: ignore, isDebug: false }, instance: 'i' });
  const end = (): void => tracing.onEnd({ ...sampleRecord, hostPort: null, trace: new Trace(ID, '', 3, '', true) }, privacyOf());
  const use = async (config: TracesConfig): Promise<void> => {
    await tracing.load(config);
    tracing.use(config);
  };
  const names = (): unknown[] => collector.spans.map(({ resource }) => resource['service.name']);
  await use(OFF);
  end();
  t.equal(clock.tickers, 0, 'nothing runs where nothing is exported');
  await use(configFor(collector.endpoint));
  end();
  await use(configFor(collector.endpoint));
  t.equal(clock.tickers, 1, 'the same one goes on');
  await use(configFor(collector.endpoint, 'other'));
  end();
  await eventually(() => names().length === 1);
  t.strictSame(names(), ['edge']);
  clock.advance(1000);
  await eventually(() => names().length === 2);
  end();
  await use(OFF);
  end();
  let isClosed = false;
  const close = async (): Promise<void> => {
    await tracing.close(500);
    isClosed = true;
  };
  void close();
  await eventually(() => {
    clock.advance(1);
    return isClosed;
  });
  t.strictSame([names(), tracing.dropped, clock.tickers], [['edge', 'other', 'other'], 0, 0]);
});

await t.test('what earlier exporters have lost stays counted', async (t) => {
  const collector = await startCollector(t);
  collector.answer = { status: 400 };
  const clock = new ManualClock();
  const tracing = new Tracing({ clock, logger: { error: ignore, warn: ignore, info: ignore, debug: ignore, isDebug: false }, instance: 'i' });
  await tracing.load(configFor(collector.endpoint));
  tracing.use(configFor(collector.endpoint));
  tracing.onEnd({ ...sampleRecord, hostPort: null, trace: new Trace(ID, '', 3, '', true) }, privacyOf());
  const closed = tracing.close(500);
  await eventually(() => {
    clock.advance(1);
    return tracing.dropped === 1;
  });
  await closed;
  t.equal(tracing.dropped, 1);
});
