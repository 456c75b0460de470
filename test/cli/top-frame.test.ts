import { stripVTControlCharacters } from 'node:util';
import t from 'tap';
import { StatusBoard } from '../../src/admin/status-board.ts';
import { textWidth } from '../../src/cli/text-width.ts';
import { topFrame } from '../../src/cli/top-frame.ts';
import { clockTime, terminalStyle } from '../../src/observe/terminal-style.ts';
import { sampleCertificate, sampleStatus } from '../admin/sample-services.ts';
import { steadyHistory } from '../admin/sample-traffic.ts';
import { BOARD_NOW_MS, sampleBoard } from '../helpers/status-board.ts';

const PLAIN = { style: terminalStyle(false), width: Infinity, height: Infinity, notice: '' };
const COUNT = { requests: 30, errors: 3, p50Ms: 2, p95Ms: 40 };
const [TARGET] = sampleStatus.targets;
if (TARGET === undefined) throw new Error('the sample has none');

/** More of everything than any terminal has lines for. */
function crowdedBoard() {
  const routes = Array.from({ length: 100 }, (_, index) => steadyHistory(`route-${index}.example.com/주문/*`, { ...COUNT, requests: 30 + index }));
  const targets = Array.from({ length: 100 }, (_, index) => ({ ...TARGET!, upstream: `upstream-${index}`, key: `very-long-name-of-a-target-${index}.internal:8000`, state: index < 3 ? ('ejected' as const) : ('up' as const) }));
  const certificates = Array.from({ length: 20 }, (_, index) => ({ ...sampleCertificate, names: [`${index}.example.com`], notAfter: '2026-01-05T00:00:00.000Z' }));
  return sampleBoard(routes, { status: { ...sampleStatus, targets, uptimeSeconds: 3600 }, certificates });
}

await t.test('it shows rates, routes by rate, targets and which certificates are due', async (t) => {
  const board = sampleBoard([steadyHistory('a/*', COUNT), steadyHistory('b/*', { ...COUNT, requests: 60 })], { status: { ...sampleStatus, uptimeSeconds: 3600 } });
  const { up, slow, failing } = board.view?.verdict ?? {};
  t.strictSame(topFrame(board, PLAIN), [
    `${clockTime(BOARD_NOW_MS)}  Sluice 1.2.3 ready, generation 4, up for 1 h, 1 of 1 workers`,
    '0.0 requests/s; in the last minute 6.7 % errors, p50 2.0 ms, p95 40 ms',
    `Up: Yes               ${up?.facts[0]}`,
    `Slow: Nothing         ${slow?.facts[0]}`,
    `Failing: 2 routes     ${failing?.facts[0]}`,
    `                      ${failing?.facts[1]}`,
    '',
    'ROUTE  REQUESTS/S  ERRORS     P50    P95',
    'b/*           8.0   5.0 %  2.0 ms  40 ms',
    'a/*           4.0    10 %  2.0 ms  40 ms',
    '',
    'UPSTREAM  TARGET    STATE  SINCE  IN FLIGHT  REASON',
    'app       app:8000  up       5 s          2  nothing has happened yet',
    '',
    'Certificates: 1, none due; the first ends in 89 days.',
  ]);
  const due = topFrame(sampleBoard([], { certificates: [{ ...sampleCertificate, notAfter: '2026-01-05T00:00:00.000Z' }] }), PLAIN);
  t.strictSame(due.slice(-2), ['CERTIFICATE      SOURCE  DAYS LEFT  RENEWAL', 'app.example.com  acme            3  two thirds of its lifetime']);
  t.ok(due.includes('No requests in the last minute.'));
  t.notMatch(topFrame(sampleBoard([], { certificates: [] }), PLAIN).join('\n'), /certificate/i);
});

await t.test('it fits whatever terminal there is', async (t) => {
  const wrong: string[] = [];
  const boards = [crowdedBoard(), sampleBoard()];
  for (const board of boards) {
    for (const style of [terminalStyle(false), terminalStyle(true)]) {
      for (let height = 1; height <= 60; height += 1) {
        for (const width of [1, 10, 39, 79, 200]) {
          const lines = topFrame(board, { style, width, height, notice: height % 2 === 0 ? 'No answer.' : '' });
          const widest = Math.max(...lines.map((line) => textWidth(stripVTControlCharacters(line))));
          if (lines.length > height || widest > width) wrong.push(`${width}×${height}: ${widest}×${lines.length}`);
        }
      }
    }
  }
  t.strictSame(wrong, []);
});

await t.test('on 80 columns and 24 lines there is something of everything, the worst of it first', async (t) => {
  const lines = topFrame(crowdedBoard(), { ...PLAIN, width: 79, height: 24 });
  const text = lines.join('\n');
  for (const words of [/^ROUTE/m, /^route-99\.exa/m, /^UPSTREAM/m, /^upstream-0 .* ejected/m, /^CERTIFICATE/m, /^0\.example\.com/m]) t.match(text, words);
  t.equal(lines.filter((line) => /^… and \d+ more$/.test(line)).length, 3);
});

await t.test('tall terminals are made use of', async (t) => {
  const lines = topFrame(crowdedBoard(), { ...PLAIN, width: 79, height: 60 });
  t.ok(lines.length >= 58, `${lines.length} of 60 lines`);
});

await t.test('a colour is never the only sign', async (t) => {
  const board = crowdedBoard();
  const painted = topFrame(board, { ...PLAIN, style: terminalStyle(true) }).map((line) => stripVTControlCharacters(line));
  t.strictSame(painted, topFrame(board, PLAIN));
});

await t.test('before anything is known there is nothing to show, and a notice stands above everything', async (t) => {
  t.strictSame(topFrame(new StatusBoard(), PLAIN), []);
  t.equal(topFrame(sampleBoard(), { ...PLAIN, notice: 'No answer.' })[0], 'No answer.');
});
