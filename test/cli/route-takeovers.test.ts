import t from 'tap';
import { fileSide } from '../../src/cli/config-side.ts';
import { pairRoutes } from '../../src/cli/route-pairs.ts';
import { takeovers } from '../../src/cli/route-takeovers.ts';
import { loadText } from '../helpers/config-text.ts';

function moved(before: string, after: string): string[] {
  const [old, now] = [fileSide(loadText(`routes: [${before}]`)), fileSide(loadText(`routes: [${after}]`))];
  return takeovers(old.routes ?? [], now.routes ?? [], pairRoutes(old, now)).map(({ example, from, to }) => `${example}: ${from} > ${String(to)}`);
}

const ALL = '{ name: all, host: a.test, respond: {} }';

function two(one: number, other: number): string {
  return `{ name: a, path: "~^/x/a*", priority: ${one}, respond: {} }, { name: b, path: "~^/x/b*", priority: ${other}, respond: {} }`;
}

await t.test('a request that comes to another route is found by the table that routes', async (t) => {
  t.strictSame(moved(ALL, `${ALL}, { name: new, host: a.test, path: /y/*, respond: {} }`), ['GET a.test/y/x: all > new']);
  t.strictSame(moved(`${ALL}, { name: old, host: a.test, path: "/x/*.css", methods: [PUT], respond: {} }`, ALL), ['PUT a.test/x/x.css: old > all']);
  t.strictSame(moved(`${ALL}, { name: old, host: "*.b.test", path: /x, match: { headers: { X-A: "1" }, query: { "a b": true } }, respond: {} }`, ALL), ['GET any.b.test/x?a%20b=x: old > null']);
  t.strictSame(moved(two(1, 2), two(2, 1)), ['GET any-host.invalid/x/: b > a'], 'a priority was turned round');
});

await t.test('where nothing moves, nothing is said: not of new requests, of other names, nor of order', async (t) => {
  t.strictSame(moved(ALL, `${ALL}, { name: new, host: b.test, respond: {} }`), []);
  t.strictSame(moved(ALL, '{ name: renamed, host: a.test, respond: {} }'), []);
  const [get, put] = ['{ path: /a, methods: [GET], respond: {} }', '{ path: /a, methods: [PUT], respond: {} }'];
  t.strictSame(moved(`${get}, ${put}`, `${put}, ${get}`), []);
});
