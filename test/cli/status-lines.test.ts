import t from 'tap';
import { certificateTable, oneLine, rateText, routeTable, shareText, targetTable, timeText, verdictLines } from '../../src/cli/status-lines.ts';
import { textWidth } from '../../src/cli/text-width.ts';
import { terminalStyle } from '../../src/observe/terminal-style.ts';
import { sampleCertificate, sampleStatus } from '../admin/sample-services.ts';

const LOOK = { style: terminalStyle(false), width: Infinity };
const PAINTED = { style: terminalStyle(true), width: Infinity };
const NOW_MS = 1_767_225_600_000 + 90_000;
const VERDICT = {
  up: { level: 'warning', answer: 'Yes, but', facts: ['app: a is down.', 'The certificate of b ends in 3 days.'] },
  slow: { level: 'good', answer: 'Nothing', facts: ['Slowest: a, p95 3.0 ms.'] },
  failing: { level: 'bad', answer: '1 route', facts: [] },
} as const;

function route(name: string) {
  return { route: name, perSecond: 1234.5, minute: { requests: 200, errors: 3, p50Ms: 2, p95Ms: -1 } };
}

await t.test('the verdict has an answer for each question and a line for each fact', async (t) => {
  t.strictSame(verdictLines(VERDICT, 4, LOOK), [
    'Up: Yes, but          app: a is down.',
    '                      The certificate of b ends in 3 days.',
    'Slow: Nothing         Slowest: a, p95 3.0 ms.',
    'Failing: 1 route      ',
  ]);
  t.match(verdictLines(VERDICT, 4, PAINTED)[0], '\u001b[33mUp: Yes, but');
  t.equal(verdictLines(VERDICT, 1, LOOK).length, 3);
  const longest = { ...VERDICT, failing: { level: 'warning', answer: 'Limits only', facts: ['a: rate_limited 7.'] } } as const;
  t.equal(verdictLines(longest, 1, LOOK)[2], 'Failing: Limits only  a: rate_limited 7.', 'the longest answer does not touch what is behind it');
  for (const width of [5, 30]) t.ok(verdictLines(VERDICT, 4, { ...LOOK, width }).every((line) => textWidth(line) <= width));
});

await t.test('routes, targets and certificates are tables', async (t) => {
  t.strictSame(routeTable([route('a/*'), route('')], 10, LOOK), [
    'ROUTE       REQUESTS/S  ERRORS     P50  P95',
    'a/*               1235   1.5 %  2.0 ms    -',
    '(no route)        1235   1.5 %  2.0 ms    -',
  ]);
  t.strictSame(targetTable(sampleStatus.targets, 1, 10, NOW_MS, LOOK), [
    'UPSTREAM  TARGET    STATE  SINCE  IN FLIGHT  REASON',
    'app       app:8000  up     1 min          2  nothing has happened yet',
  ]);
  const certificate = { ...sampleCertificate, daysLeft: 90, error: '' };
  t.strictSame(certificateTable([certificate, { ...certificate, names: ['a.test', 'b.test', 'c.test'], daysLeft: null, error: 'DNS problem' }], 2, 10, LOOK), [
    'CERTIFICATE        SOURCE  DAYS LEFT  RENEWAL',
    'app.example.com    acme           90  two thirds of its lifetime',
    'a.test and 2 more  acme     none yet  failed: DNS problem',
  ]);
});

await t.test('of a long list it is said how much more there is', async (t) => {
  const routes = Array.from({ length: 12 }, (_, index) => route(`route ${index}`));
  t.strictSame(routeTable(routes, 12, LOOK).length, 13, 'all of them fit');
  t.strictSame(routeTable(routes, 5, LOOK).slice(4), ['route 3        1235   1.5 %  2.0 ms    -', '… and 8 more']);
  t.equal(routeTable(routes, 1, LOOK).length, 3, 'one row is always there');
  t.equal(targetTable(sampleStatus.targets, 700, 10, NOW_MS, LOOK).at(-1), '… and 699 more', 'those that nobody has told of count');
});

await t.test('numbers are short', async (t) => {
  t.strictSame([rateText(0), rateText(12.34), rateText(1234.5)], ['0.0', '12.3', '1235']);
  t.strictSame([shareText(0, 0), shareText(0, 5), shareText(1, 300), shareText(1, 3), shareText(3, 3)], ['0 %', '0 %', '0.3 %', '33 %', '100 %']);
  t.strictSame([timeText(-1), timeText(3.21), timeText(1500)], ['-', '3.2 ms', '1.5 s']);
});

await t.test('threat: a line is one line', async (t) => {
  t.equal(oneLine('a\r\nb\u001b[2J', LOOK), String.raw`a\u000d\u000ab\u001b[2J`);
  t.equal(oneLine('abcdef', { width: 4 }), 'abc…');
});
