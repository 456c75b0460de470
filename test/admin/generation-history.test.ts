import t from 'tap';
import { GenerationHistory } from '../../src/admin/generation-history.ts';
import { loadText } from '../helpers/config-text.ts';

function read(text: string, env: Readonly<Record<string, string>> = {}) {
  const { config, root } = loadText(text, { env });
  return { root, routeIds: config.routes.map(({ id }) => id) };
}

const AT_MS = Date.UTC(2026, 0, 1);

await t.test('the first generation has changed nothing; each after it what is not as before', async (t) => {
  const history = new GenerationHistory();
  t.equal(history.inForce, null);
  history.add({ generation: 1, ms: 100, isWatched: false }, AT_MS, read('workers: 1\nroutes: [{ name: r, respond: { status: 200 } }, { name: gone, path: /gone, respond: {} }]'));
  const next = read('workers: 1\nroutes: [{ name: r, respond: { status: 404, body: x } }]');
  history.add({ generation: 2, ms: 20, isWatched: false }, AT_MS + 1000, next);
  t.equal(history.inForce, next);
  const [second, first] = history.records;
  t.strictSame(first, { generation: 1, at: '2026-01-01T00:00:00.000Z', ms: 100, verdict: { outcome: 'none', reason: '' }, changes: [], moreChanges: 0 });
  t.match(second, { generation: 2, at: '2026-01-01T00:00:01.000Z', ms: 20, moreChanges: 0 });
  t.match(second?.changes.map(({ path, before, after }) => [path, before, after]), [
    ['routes["r"].respond.status', 200, 404], ['routes["r"].respond.body', null, 'x'], ['routes["gone"].name', 'gone', null], ['routes["gone"].path', '/gone', null],
  ]);
  t.match(second?.changes[0]?.from, /gateway\.yaml:\d+$/);
});

await t.test('a route that moves in the file is no change of its values', async (t) => {
  const history = new GenerationHistory();
  history.add({ generation: 1, ms: 1, isWatched: false }, AT_MS, read('routes: [{ name: a, path: /a, respond: {} }, { name: b, path: /b, respond: {} }]'));
  history.add({ generation: 2, ms: 1, isWatched: false }, AT_MS, read('routes: [{ name: b, path: /b, respond: {} }, { name: a, path: /a, respond: {} }]'));
  t.strictSame(history.records[0]?.changes, []);
});

await t.test('threat: a secret that has changed is told without either of the two', async (t) => {
  const history = new GenerationHistory();
  const text = 'upstreams: { a: a:1 }\nroutes: [{ name: r, upstream: a, jwt: { secret: "${KEY}" }, headers: { request: { set: { X-Token: TOKEN } } } }]';
  const long = 'q7Zt2LmX9vRb4KsWd8NfYc3HgJ5pUe6A';
  history.add({ generation: 1, ms: 1, isWatched: false }, AT_MS, read(text.replace('TOKEN', 'hunter1'), { KEY: `hunter1${long}` }));
  history.add({ generation: 2, ms: 1, isWatched: false }, AT_MS, read(text.replace('TOKEN', 'hunter2'), { KEY: `hunter2${long}` }));
  t.match(history.records[0]?.changes.map(({ path, before, after }) => [path, before, after]), [
    ['routes["r"].jwt.secret', '${KEY}', '${KEY}'], ['routes["r"].headers.request.set.X-Token', '***', '***'],
  ]);
  t.notMatch(JSON.stringify(history.records), /hunter/);
});

await t.test('fifty generations are kept, and a hundred changes of each', async (t) => {
  const history = new GenerationHistory();
  const [before, after] = [200, 204].map((status) => read(`routes: [${Array.from({ length: 120 }, (_, i) => `{ path: /${i}, respond: { status: ${status} } }`).join(', ')}]`));
  for (let generation = 1; generation <= 60; generation += 1) history.add({ generation, ms: 1, isWatched: false }, AT_MS, (generation === 60 ? after : before)!);
  t.strictSame([history.records.length, history.records[0]?.generation, history.records.at(-1)?.generation], [50, 60, 11]);
  t.strictSame([history.records[0]?.changes.length, history.records[0]?.moreChanges], [100, 20]);
});
