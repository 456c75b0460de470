import t from 'tap';
import { StatusBoard } from '../../src/admin/status-board.ts';
import type { ServerEvent } from '../../src/admin/event-parser.ts';
import type { RouteSecond, StatusSecond, TrafficCount } from '../../src/admin/status-source.ts';
import { statusView } from '../../src/admin/status-view.ts';
import { sampleCertificate, sampleStatus } from './sample-services.ts';
import { QUIET, sampleSnapshot, steadyHistory } from './sample-traffic.ts';

const NOW_MS = Date.UTC(2026, 0, 1, 0, 0, 5);
const STEP_START_MS = Date.UTC(2026, 0, 1);

function count(requests: number): TrafficCount {
  return { requests, errors: 1, p50Ms: 2, p95Ms: 9 };
}

function snapshotEvent(uptimeSeconds = 3600): ServerEvent {
  const traffic = sampleSnapshot(NOW_MS, [steadyHistory('a', count(30), count(100)), steadyHistory('b', count(60), count(200)), steadyHistory('idle', QUIET)]);
  const view = statusView({ status: { ...sampleStatus, uptimeSeconds }, certificates: [sampleCertificate], generations: [], refusal: null, errors: [], traffic });
  return { name: 'snapshot', data: JSON.stringify({ traffic, ...view }) };
}

function secondEvent(stepStartMs: number, nowMs: number, routes: readonly RouteSecond[], sections: object = {}): ServerEvent {
  const traffic: StatusSecond = { stepStartMs, nowMs, all: { route: '', step: count(5), minute: count(300) }, routes, codes: [] };
  return { name: 'second', data: JSON.stringify({ traffic, ...sections }) };
}

await t.test('rates are of the step that is counted and the one before', async (t) => {
  const board = new StatusBoard();
  t.ok(board.take(snapshotEvent()));
  t.strictSame(board.routes.map(({ route, perSecond }) => [route, perSecond]), [['b', 8], ['a', 4]], 'the busiest first, those without requests not at all');
  t.strictSame(board.routes[1]?.minute, count(100));

  t.ok(board.take(secondEvent(STEP_START_MS, NOW_MS + 1000, [{ route: 'a', step: count(34), minute: count(110) }, { route: 'new', step: count(8), minute: count(8) }])));
  t.strictSame(board.routes.map(({ route, perSecond }) => [route, perSecond]), [['a', 4], ['new', 0.5]], 'who is not told of has had nothing for a minute');

  board.take(secondEvent(STEP_START_MS + 10_000, NOW_MS + 6000, [{ route: 'a', step: count(10), minute: count(110) }]));
  t.equal(board.routes[0]?.perSecond, 4, 'a new step: 34 in the one before, 10 in the second since');
  board.take(secondEvent(STEP_START_MS + 40_000, NOW_MS + 36_000, [{ route: 'a', step: count(11), minute: count(110) }]));
  t.equal(board.routes[0]?.perSecond, 1, 'steps without news were empty');
  board.take(secondEvent(STEP_START_MS, NOW_MS, [{ route: 'a', step: count(15), minute: count(110) }]));
  t.equal(board.routes[0]?.perSecond, 1, 'a clock that was set back ends no step');
  t.match(board.all, { route: '', minute: count(300) });
  t.equal(board.nowMs, NOW_MS);
});

await t.test('of a gateway that has just started the time since then counts', async (t) => {
  const board = new StatusBoard();
  board.take(snapshotEvent(9));
  t.equal(board.routes[0]?.perSecond, 120 / 9);
});

await t.test('a section stays until another is told', async (t) => {
  const board = new StatusBoard();
  board.take(snapshotEvent());
  const targets = { items: [], total: 0 };
  board.take(secondEvent(STEP_START_MS, NOW_MS + 1000, [], { targets }));
  t.match(board.view, { targets, gateway: { generation: 4 }, certificates: { total: 1 } });
  t.ok(board.take(snapshotEvent()));
  t.equal(board.view?.targets.total, 1, 'a new snapshot, as after a new connection, is all that counts');
});

await t.test('what is no news of a status changes nothing', async (t) => {
  const board = new StatusBoard();
  t.notOk(board.take(secondEvent(STEP_START_MS, NOW_MS, [])), 'there is nothing yet that it could change');
  for (const [name, data] of [['snapshot', '{'], ['snapshot', '{"traffic":{}}'], ['second', '{}'], ['other', '{}']] as const) t.notOk(board.take({ name, data }), `${name} ${data}`);
  t.equal(board.view, null);
  t.strictSame(board.routes, []);
});
