import { readFileSync } from 'node:fs';
import t from 'tap';
import { allMetrics } from '../../../src/observe/metrics/catalogue.ts';
import { metricsReference } from '../../../src/observe/metrics/metrics-reference.ts';

await t.test('the published list of metrics is current: `npm run reference` writes it', async (t) => {
  t.equal(readFileSync(new URL('../../../config/METRICS.md', import.meta.url), 'utf8'), metricsReference());
});

await t.test('every metric is in it once, with its labels and its buckets', async (t) => {
  const text = metricsReference();
  for (const { name, bounds } of allMetrics()) {
    t.equal(text.split(`| \`${name}\` |`).length, 2, name);
    if (bounds !== undefined) t.match(text, `- \`${name}\`: ${bounds[0]}, `);
  }
});
