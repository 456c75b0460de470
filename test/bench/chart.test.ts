import t from 'tap';
import { chartOf } from './chart.ts';
import { sampleReport } from './sample-report.ts';

const chart = chartOf(sampleReport);

await t.test('the chart has a row for each case with a ratio, a dot for each proxy, and says both to a screen reader', async (t) => {
  t.equal([...chart.matchAll(/<circle class="sluice" [^>]*cy="(\d+)"/g)].map(([, y]) => y).filter((y) => y !== '58').length, 2, 'JWT has no ratio, so no row');
  t.match(chart, '<desc id="desc">small JSON, HTTP/1.1: HAProxy 1.05, Caddy 5.00, Sluice 1.90, @fastify/http-proxy 3.80, http-proxy 9.00. upload of 1 MB, HTTP/1.1: Sluice 1.80.</desc>');
  t.match(chart, '>1.90 ×</text>');
});

await t.test('each step of the scale doubles, nginx stands at one, and what is beyond the scale stays in the picture', async (t) => {
  const x = (label: string): number => Number(new RegExp(`<text x="([\\d.]+)"[^>]*>${label}</text>`).exec(chart)?.[1]);
  const [half, nginx, two, four, eight] = [x('0.5 ×'), x('nginx'), x('2 ×'), x('4 ×'), x('8 ×')];
  t.ok([nginx - half, two - nginx, four - two, eight - four].every((step) => Math.abs(step - (nginx - half)) < 0.3));
  const dots = [...chart.matchAll(/<circle class="http-proxy" cx="([\d.]+)"/g)].map(([, at]) => Number(at));
  t.equal(dots.at(-1), eight);
});

await t.test('it has colours for a light and for a dark page, and no text breaks out of it', async (t) => {
  t.match(chart, '@media (prefers-color-scheme: dark)');
  const escaped = chartOf({ ...sampleReport, cases: sampleReport.cases.map((one) => ({ ...one, name: '<script>&' })) });
  t.notMatch(escaped, '<script>');
  t.match(escaped, '&lt;script>&amp;');
});

await t.test('a run without ratios has a chart without rows', async (t) => {
  t.match(chartOf({ ...sampleReport, cases: [] }), /<svg [^]*<\/svg>/);
});
