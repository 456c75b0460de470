import t from 'tap';
import { fileSide, pathInRoute, routeIdOf, routePath, runningSide } from '../../src/cli/config-side.ts';
import { loadText } from '../helpers/config-text.ts';
import { startConfigServer } from './config-server.ts';

const YAML = 'rateLimits: { keys: 2048 }\nroutes: [{ host: a.test, path: /x, respond: { body: "${BODY}" } }, { name: "odd name]", respond: {} }]';

await t.test('a running gateway says the same of itself as its file, but for what may not be shown', async (t) => {
  const { address } = await startConfigServer(t, YAML, { BODY: 'hidden' });
  const file = fileSide(loadText(YAML, { env: { BODY: 'hidden' } }));
  const running = await runningSide(address, null);
  t.strictSame(running.values, file.values.map(({ path, value, from }) => ({ path, value, from })));
  t.strictSame([running.routeIds, running.rateLimits, running.workers, running.routes], [file.routeIds, { keysMax: 2048 }, 1, null]);
  t.notMatch(JSON.stringify(running), 'hidden');
  t.equal(file.routes?.length, 2);
  const plain = await startConfigServer(t, '');
  t.strictSame((await runningSide(plain.address, null)).rateLimits, { keysMax: 65_536 });
});

await t.test('paths of routes are taken apart, whatever they are called', async (t) => {
  for (const id of ['a.test/x', 'odd "name]', '/* #2']) {
    for (const rest of ['host', 'path[0]', 'match.headers.X-A', '']) {
      const path = routePath(id, rest);
      t.strictSame([routeIdOf(path), pathInRoute(path)], [id, rest], path);
    }
  }
  t.strictSame([routeIdOf('upstreams.a'), routeIdOf('routes')], [null, null]);
});
