import t from 'tap';
import { healthView } from '../../src/admin/health-view.ts';
import { statusReport } from '../../src/cli/status-report.ts';
import { terminalStyle } from '../../src/observe/terminal-style.ts';
import { sampleCertificate, sampleStatus } from '../admin/sample-services.ts';
import { steadyHistory } from '../admin/sample-traffic.ts';
import { recentRequest } from '../helpers/recent-request.ts';
import { BOARD_NOW_MS, sampleBoard } from '../helpers/status-board.ts';

const PLAIN = terminalStyle(false);
const COUNT = { requests: 120, errors: 6, p50Ms: 2, p95Ms: 40 };
const ERRORS = [
  recentRequest({ requestId: 'id-1', status: 502, code: 'upstream_reset', reason: 'socket hang up', endedAtMs: BOARD_NOW_MS - 1 }),
  recentRequest({ requestId: 'id-2', status: 500, route: '', target: '', endedAtMs: BOARD_NOW_MS - 2 }),
];

await t.test('a report has what runs, how it is, and what went wrong', async (t) => {
  const certificates = [sampleCertificate, { ...sampleCertificate, names: ['old.example.com'], notAfter: '2026-01-03T00:00:00.000Z', lastError: { text: 'DNS problem', at: '2026-01-01T00:00:00.000Z', nextAttempt: null } }];
  const health = healthView({ ...sampleStatus, uptimeSeconds: 12_000, workers: [...sampleStatus.workers, { id: 2, state: 'starting', generation: 0 }] }, certificates);
  const board = sampleBoard([steadyHistory('app.example.com/*', COUNT)], { errors: ERRORS, certificates });
  const facts = board.view?.verdict;
  t.strictSame(statusReport({ health, certificates, board, nowMs: BOARD_NOW_MS }, PLAIN), [
    'Sluice 1.2.3 is ready: generation 4, up for 3 h 20 min, 1 of 2 workers ready (worker 2 is starting), 1 route',
    'Listens on http 127.0.0.1:8080',
    '',
    `Up: Yes, but          ${facts?.up.facts[0]}`,
    `Slow: Nothing         ${facts?.slow.facts[0]}`,
    `Failing: 1 route      ${facts?.failing.facts[0]}`,
    '',
    'UPSTREAM  TARGET    STATE  SINCE  IN FLIGHT  REASON',
    'app       app:8000  up       5 s          2  nothing has happened yet',
    '',
    'CERTIFICATE      SOURCE  DAYS LEFT  RENEWAL',
    'old.example.com  acme            1  failed: DNS problem',
    'app.example.com  acme           89  two thirds of its lifetime',
    '',
    'In the last minute:',
    'ROUTE              REQUESTS/S  ERRORS     P50    P95',
    'app.example.com/*         2.0   5.0 %  2.0 ms  40 ms',
    '',
    'The last errors:',
    'AGO  STATUS  CODE            ROUTE              TARGET    REQUEST ID  REASON',
    '5 s     502  upstream_reset  app.example.com/*  app:8000  id-1        socket hang up',
    '5 s     500  -               (no route)         -         id-2        GET app.example.com/orders?page=2',
  ]);
});

await t.test('targets that take no requests come first, and a young gateway has a shorter minute', async (t) => {
  const target = sampleStatus.targets[0];
  if (target === undefined) throw new Error('the sample has none');
  const health = healthView({ ...sampleStatus, uptimeSeconds: 10, targets: [target, { ...target, key: 'app:8001', state: 'ejected' }] }, []);
  const lines = statusReport({ health, certificates: [], board: sampleBoard([steadyHistory('a', COUNT)]), nowMs: BOARD_NOW_MS }, PLAIN);
  t.match(lines.filter((line) => line.startsWith('app ')), [/app:8001 +ejected/, /app:8000 +up/]);
  t.match(lines.find((line) => line.startsWith('a ')), ' 12.0 ');
});

await t.test('what is not there is left out, and said where it matters', async (t) => {
  const health = healthView({ ...sampleStatus, status: 'draining', targets: [], workers: [] }, []);
  t.strictSame(statusReport({ health, certificates: [], board: null, nowMs: BOARD_NOW_MS }, PLAIN), [
    'Sluice 1.2.3 is shutting down: generation 4, up for 1 min, 0 of 0 workers ready, 1 route',
    'Listens on http 127.0.0.1:8080',
    '',
    'There are no figures of traffic: as many follow the status of this gateway as may.',
  ]);
  t.equal(statusReport({ health, certificates: [], board: sampleBoard(), nowMs: BOARD_NOW_MS }, PLAIN).at(-1), 'No requests in the last minute.');
});

await t.test('threat: nothing of a request drives the terminal', async (t) => {
  const evil = '\u001b[2J\n\u009b';
  const errors = [recentRequest({ status: 502, host: evil, path: evil, method: evil, route: evil, target: evil, requestId: evil, code: evil, reason: evil })];
  const lines = statusReport({ health: healthView(sampleStatus, []), certificates: [], board: sampleBoard([steadyHistory(evil, COUNT)], { errors }), nowMs: BOARD_NOW_MS }, PLAIN);
  t.strictSame(lines.filter((line) => /\p{Cc}/u.test(line)), []);
});
