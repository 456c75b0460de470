import t from 'tap';
import { idleConnections, idleRemark } from './open-files.ts';
import { latencyFigureOf } from './cases/latency.ts';
import { figure, verdict } from './markdown.ts';
import { textOf } from './report.ts';
import { sampleReport } from './sample-report.ts';

const text = textOf(sampleReport);

/** The cells of the first row that begins so. */
function cells(name: string): string[] {
  return text.split('\n').find((line) => line.startsWith(`| ${name} `))?.split('|').slice(2, -1).map((cell) => cell.trim()) ?? [];
}

await t.test('the summary has a row for each case: both times, the ratio with its rounds, the target, and the others', async (t) => {
  t.strictSame(cells('small JSON, HTTP/1.1'), ['10.0', '19.0', '1.90 (1.80 to 2.00)', '≤ 2.0, met', '5.00', '1.05', '3.80', '9.00']);
  t.strictSame(cells('upload of 1 MB, HTTP/1.1 (with failures, see below)').slice(0, 4), ['1,130', '2,034', '1.80 (1.70 to 1.90)', '']);
  t.strictSame(cells('rate limit, JWT seen before, access log').slice(0, 3), ['', '40.0', ''], 'without nginx there is no ratio');
  t.match(text, 'For small JSON, HTTP/1.1, Sluice takes 0.38 of the time of Caddy (target ≤ 0.45, met) and 0.50 of the time of @fastify/http-proxy (target ≤ 0.45, missed).');
});

await t.test('latency, memory, start and reload are beside their targets', async (t) => {
  t.strictSame(cells('p99 at 5,000 requests/s, ms').slice(0, 3), ['2.00', '4.50', '≤ nginx + 2, missed']);
  t.strictSame(cells('KiB for each idle WebSocket').slice(0, 4), ['21.9', '24.0', '≤ 25, met', '75.0']);
  t.strictSame(cells('start to the first answer, ms').slice(0, 3), ['20.4', '620', '≤ 500, missed']);
  t.strictSame(cells('reload until it shows, ms').slice(0, 2), ['12.0', '13.0']);
});

await t.test('what went wrong is said, and never looks like a figure', async (t) => {
  t.equal(cells('p99 at 5,000 requests/s, ms').at(-1), 'cannot keep up');
  for (const said of [
    'http-proxy could not keep up with 5,000 requests/s: it answered 2,281/s',
    'without a proxy p99 was 9.00 ms, with nginx 2.00 ms',
    'the load itself sent late, at p99, to direct (8.00 ms)',
    'Caddy held 4,000 of 9,850 idle WebSockets: /ws: no answer',
    '- 10,000 routes: left out, the time was up.',
  ]) t.match(text, said);
});

await t.test('a run of one part has no empty tables', async (t) => {
  const part = textOf({ ...sampleReport, cases: [], latency: [], idle: [], remarks: [] });
  t.match(part, '| start to the first answer, ms |');
  t.notMatch(part, /All figures|Processor time|p99/);
});

await t.test('a proxy that answers less than it is asked has no latency', async (t) => {
  const round = { failed: 1, seconds: 4, latency: { p50: 1, p99: 2, p999: 3, sentP99: 1 } };
  const kept = latencyFigureOf('nginx', [{ ...round, count: 19_990 }, { ...round, count: 19_000, latency: { ...round.latency, p99: 40 } }, { ...round, count: 20_000 }], 2048);
  t.strictSame(kept, { peer: 'nginx', asked: 5000, answered: 4997.5, failed: 3, residentMib: 2, latency: round.latency }, 'one disturbed round does not decide');
  t.equal(latencyFigureOf('sluice', [{ ...round, count: 12_000 }], null).latency, null);
  t.equal(latencyFigureOf('sluice', [], null).latency, null);
});

await t.test('too few files for 10,000 idle connections: as many as fit, and what to do', async (t) => {
  t.equal(idleConnections(1_048_576), 10_000);
  t.equal(idleRemark(20_300), null);
  t.equal(idleConnections(20_000), 9850);
  t.match(idleRemark(20_000), /9,850 and not 10,000.*20,000 files.*ulimit -n 20300/);
});

await t.test('figures have three digits that count', async (t) => {
  t.strictSame([0, 9.267, 12.34, 441.2, 1130.4, null, Number.NaN].map(figure), ['0.00', '9.27', '12.3', '441', '1,130', '', '']);
  t.strictSame([verdict(2, 2), verdict(2.01, 2), verdict(2, null), verdict(null, 2)], ['≤ 2, met', '≤ 2, missed', '', '']);
});
