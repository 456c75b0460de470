import t from 'tap';
import { type ConfigDiff, diffOf, isEmptyDiff } from '../../src/cli/config-diff.ts';
import { type ConfigSide, fileSide } from '../../src/cli/config-side.ts';
import { loadText } from '../helpers/config-text.ts';

function side(text: string, env: Record<string, string> = {}): ConfigSide {
  return fileSide(loadText(text, { env }));
}

/** As a running gateway tells of itself. */
function shownOnly(whole: ConfigSide): ConfigSide {
  return { ...whole, routes: null, values: whole.values.map(({ path, value, from }) => ({ path, value, from })) };
}

async function diffed(before: string, after: string): Promise<ConfigDiff> {
  return diffOf(side(before), side(after), async () => null);
}

await t.test('routes that come, go and change, with what and where', async (t) => {
  const diff = await diffed(
    'routes:\n  - { name: gone, path: /gone, respond: {} }\n  - { name: stays, path: /stays, respond: {} }\n  - { name: other, path: /other, respond: { status: 200 } }',
    'routes:\n  - { name: new, path: /new, respond: {} }\n  - { name: stays, path: /stays, respond: {} }\n  - { name: other, path: /other, respond: { status: 201, body: x } }',
  );
  t.strictSame(diff.routes.map(({ id, kind, from }) => [id, kind, from.split(':').at(-1)]), [['new', 'added', '2'], ['other', 'changed', '4'], ['gone', 'removed', '2']]);
  t.match(diff.routes[1]?.changes, [{ path: 'respond.status', before: 200, after: 201, was: /:4$/, from: /:4$/ }, { path: 'respond.body', before: null, after: 'x', was: null }]);
  t.match(diff.takeovers, []);
  t.equal(isEmptyDiff(diff), false);
});

await t.test('a value that was default and is said with the same value is no change; one that is no longer said is', async (t) => {
  t.equal(isEmptyDiff(await diffed('', 'listen: { http: 80, timeouts: { header: 15s } }')), true);
  t.match((await diffed('listen: { http: 80, timeouts: { header: 9s } }', '')).values, [{ path: 'listen.timeouts.header', before: '9s', after: '15s', was: /:1$/, from: 'default' }]);
});

await t.test('another order is told, and is no change; a new one may have a name that an old one had', async (t) => {
  const [a, b] = ['{ path: /a, respond: {} }', '{ path: /b, respond: {} }'];
  const diff = await diffed(`routes: [${a}, ${b}]`, `routes: [${b}, ${a}]`);
  t.match([diff.isReordered, diff.takeovers, isEmptyDiff(diff)], [true, [], true]);
  const [get, put] = ['{ path: /a, methods: [GET], respond: {} }', '{ path: /a, methods: [PUT], respond: { status: 202 } }'];
  t.strictSame((await diffed(`routes: [${get}]`, `routes: [${put}, ${get}]`)).routes.map(({ id, formerId, kind }) => [id, formerId, kind]), [['/a', null, 'added'], ['/a #2', '/a', 'renamed']]);
});

await t.test('what a reload refuses is told', async (t) => {
  t.strictSame((await diffed('workers: 1', 'workers: 2\nrateLimits: { keys: 2048 }')).restart, ['workers: 1 → 2 needs a restart.', 'rateLimits.keys: 65536 → 2048 needs a restart.']);
});

const SECRET = 'routes: [{ respond: {}, headers: { request: { set: { X-Auth-Token: "${TOKEN}", X-Api-Key: literal-SECRET, X-Plain: "1" } } } }]';

function withSecret(literal: string): ConfigSide {
  return side(SECRET.replace('SECRET', literal), { TOKEN: 'outside' });
}

await t.test('secrets of two files are compared and never shown', async (t) => {
  t.equal(isEmptyDiff(await diffOf(withSecret('one'), withSecret('one'), async () => null)), true);
  const diff = await diffOf(withSecret('one'), withSecret('two'), async () => null);
  t.match(diff.routes[0]?.changes, [{ path: 'headers.request.set.X-Api-Key', before: '***', after: '***', isSecret: true }]);
  t.notMatch(JSON.stringify(diff), /literal-|outside/);
});

await t.test('secrets of a running gateway are asked for, and where it cannot tell, that is told', async (t) => {
  const now = side(SECRET, { TOKEN: 'outside' });
  const before = shownOnly(now);
  const asked: string[] = [];
  const ask = async (same: boolean): Promise<ConfigDiff> => diffOf(before, now, async (values) => {
    asked.push(...values.map(({ path }) => path));
    return new Set(same ? values.map(({ path }) => path) : []);
  });
  t.match([isEmptyDiff(await ask(true)), asked], [true, ['routes["/*"].headers.request.set.X-Auth-Token', 'routes["/*"].headers.request.set.X-Api-Key']]);
  t.match((await ask(false)).routes[0]?.changes, [{ path: 'headers.request.set.X-Auth-Token', after: '${TOKEN}', isSecret: true }, { after: '***', isSecret: true }]);
  const unknown = await diffOf(before, now, async () => null);
  t.match([unknown.routes, unknown.unknown.length, isEmptyDiff(unknown)], [[], 2, false]);
  t.match((await diffOf(before, side(SECRET.replace('${TOKEN}', '${OTHER}'), { OTHER: 'outside' }), async () => new Set())).routes[0]?.changes[0], { before: '${TOKEN}', after: '${OTHER}' });
});

await t.test('a running gateway is compared by its routes as well', async (t) => {
  const text = 'routes: [{ name: all, host: "${HOST}", respond: {} }]';
  const env = { HOST: 'a.test' };
  const now = side(text.replace(' }]', ' }, { name: x, host: a.test, path: /x, respond: {} }]'), env);
  const before = shownOnly(side(text, env));
  t.strictSame((await diffOf(before, now, async (values) => new Set(values.map(({ path }) => path)))).takeovers, [{ example: 'GET a.test/x', from: 'all', to: 'x' }]);
  t.equal((await diffOf(before, now, async () => null)).takeovers, null);
  const moved = side('routes: [{ name: other, host: "${HOST}", path: /x, respond: {} }]', env);
  t.strictSame((await diffOf(before, moved, async (values) => new Set(values.map(({ path }) => path)))).takeovers, [{ example: 'GET a.test/x', from: 'all', to: 'other' }], 'a route that is gone had a variable that is still there');
});
