import t from 'tap';
import type { Config } from '../../src/config/config.ts';
import { MetricsHub } from '../../src/observe/metrics/metrics-hub.ts';
import { Observation } from '../../src/workers/observation.ts';
import { MemoryLogger } from '../admin/sample-services.ts';
import { configOf } from '../helpers/config-text.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';
import { MemoryLines } from '../observe/memory-lines.ts';
import { flat } from '../observe/metrics/sample-measured.ts';

const QUIET = { requestsInFlight: 0, waiting: new Map<string, number>(), droppedMessages: 0 };

class Observed {
  readonly output = new MemoryLines();
  readonly observation = new Observation({ output: this.output, clock: new ManualClock(), logger: new MemoryLogger(), secret: Buffer.alloc(32), instance: '1' });
  readonly #hub = new MetricsHub();

  end(config: Config): void {
    const { exchange } = sampleExchange({ url: '/' });
    exchange.status = 200;
    exchange.routeId = config.routes[0]?.id ?? '';
    this.observation.onEnd(exchange);
  }

  told(gauges: Partial<typeof QUIET> = {}): Record<string, number[]> {
    this.#hub.apply(this, this.observation.snapshot({ ...QUIET, ...gauges }));
    return flat(this.#hub.totals);
  }
}

await t.test('every request is counted, and logged where the configuration says so', async (t) => {
  const observed = new Observed();
  for (const format of ['json', 'off']) {
    const config = configOf(`accessLog: ${format}\nroutes: [{ name: r, respond: {} }]`);
    observed.observation.use(config, {});
    observed.end(config);
  }
  t.equal(observed.output.lines.length, 1);
  t.strictSame(observed.told()['sluice_http_requests_total r|GET|200|2xx|'], [2]);
});

await t.test('lines that were lost are counted, also those of a log that is no more', async (t) => {
  const observed = new Observed();
  observed.output.isFull = true;
  const configs = ['json', 'off', 'pretty'].map((format) => configOf(`accessLog: ${format}\nroutes: [{ respond: {} }]`));
  for (const config of configs) {
    observed.observation.use(config, {});
    observed.end(config);
  }
  t.match(observed.told({ droppedMessages: 7 }), { 'sluice_log_lines_dropped_total access': [2], 'sluice_log_lines_dropped_total messages': [7] });
});

await t.test('an upstream where nobody waits any more says so, once its name is known', async (t) => {
  const observed = new Observed();
  t.notOk('sluice_upstream_requests_waiting api' in observed.told());
  t.match(observed.told({ waiting: new Map([['api', 3]]), requestsInFlight: 4 }), { 'sluice_upstream_requests_waiting api': [3], sluice_http_requests_in_flight: [4] });
  t.match(observed.told(), { 'sluice_upstream_requests_waiting api': [0], sluice_http_requests_in_flight: [0] });
});
