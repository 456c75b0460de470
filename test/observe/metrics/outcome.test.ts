import t from 'tap';
import { WORKER_METRICS } from '../../../src/observe/metrics/catalogue.ts';
import { OUTCOMES } from '../../../src/observe/metrics/outcome.ts';

await t.test('every kind of decision has a metric by route and outcome, whose text lists the outcomes', async (t) => {
  for (const [kind, outcomes] of Object.entries(OUTCOMES)) {
    const metric = WORKER_METRICS[kind as keyof typeof OUTCOMES];
    t.strictSame(metric.labels, ['route', 'outcome'], kind);
    for (const outcome of outcomes) t.match(metric.help, `\`${outcome}\``);
  }
});
