import t from 'tap';
import { fileSide } from '../../src/cli/config-side.ts';
import { pairRoutes } from '../../src/cli/route-pairs.ts';
import { loadText } from '../helpers/config-text.ts';

function paired(before: string, after: string): [string, string][] {
  return [...pairRoutes(fileSide(loadText(`routes: [${before}]`)), fileSide(loadText(`routes: [${after}]`)))].toSorted(([a], [b]) => a.localeCompare(b));
}

const GET = '{ path: /a, methods: [GET], respond: {} }';
const PUT = '{ path: /a, methods: [PUT], respond: {} }';

await t.test('a route is the one that says the same, else the one of its name', async (t) => {
  t.strictSame(paired(`${GET}, ${PUT}`, `${PUT}, ${GET}`), [['/a', '/a #2'], ['/a #2', '/a']], 'only their order is another');
  t.strictSame(paired(PUT, `${GET}, ${PUT}`), [['/a #2', '/a']], 'one came before it');
  t.strictSame(paired('{ name: one, respond: {} }', '{ name: two, respond: {} }'), [['two', 'one']], 'it was renamed');
  t.strictSame(paired('{ path: /a, respond: {} }', '{ path: /a, respond: { status: 201 } }'), [['/a', '/a']], 'it was changed');
  t.strictSame(paired('{ path: /a, respond: {} }', '{ path: /b, respond: { status: 201 } }'), []);
});
