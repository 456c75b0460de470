import t from 'tap';
import { contest, type ContestQuestion } from '../../src/gateway/route-contest.ts';
import { RouteTable } from '../../src/request/route-table.ts';
import { configOf } from '../helpers/config-text.ts';

const { routes } = configOf(`routes:
  - { name: exact, host: a.test, path: /x/y, respond: {} }
  - { name: prefix, host: a.test, path: /x/*, respond: {} }
  - { name: put, host: a.test, path: /x/y, methods: [PUT], respond: {} }
  - { name: header, host: a.test, path: /x/*, match: { headers: { X-A: "1" }, query: { q: true } }, respond: {} }
  - { name: wild, host: "*.test", respond: {} }
  - { name: any, path: [/x/y, /z], respond: {} }
  - { name: foreign, host: b.test, path: /x/y, respond: {} }`);

function question(change: Partial<ContestQuestion> = {}): ContestQuestion {
  return { method: 'GET', host: 'a.test', path: '/x/y', query: '', rawHeaders: [], ...change };
}

await t.test('the winner comes first, and each other one says what it lacks or what it loses by', async (t) => {
  t.strictSame(contest(routes, question()).map(({ route, lacks, losesBy }) => [route.id, lacks, losesBy]), [
    ['exact', [], null],
    ['prefix', [], 'exact path'],
    ['wild', [], 'host'],
    ['any', [], 'host'],
    ['put', ['methods'], null],
    ['header', ['headers', 'query'], null],
    ['any', ['path'], null],
  ]);
  t.strictSame(contest(routes, question({ host: 'nowhere' })).map(({ route, lacks }) => [route.id, lacks]), [['any', []], ['any', ['path']]]);
  t.strictSame(contest(routes.slice(0, 1), question({ host: 'nowhere' })), []);
});

await t.test('it names the route that the table of the gateway finds', async (t) => {
  const table = new RouteTable(routes.map((route) => ({ matches: route.matches, value: route.id })));
  const wrong: string[] = [];
  for (const method of ['GET', 'PUT']) {
    for (const host of ['a.test', 'b.test', 'c.test', 'd']) {
      for (const path of ['/', '/x', '/x/y', '/x/z', '/z']) {
        for (const rawHeaders of [[], ['x-a', '1']]) {
          for (const query of ['', '?q']) {
            const asked = { method, host, path, query, rawHeaders };
            const [first] = contest(routes, asked);
            const said = first?.lacks.length === 0 ? first.route.id : null;
            const found = table.find(method, host, path, query, rawHeaders);
            if (said !== found) wrong.push(`${JSON.stringify(asked)}: ${String(said)}, not ${String(found)}`);
          }
        }
      }
    }
  }
  t.strictSame(wrong, []);
});
