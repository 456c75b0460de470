import t from 'tap';
import { cellNames } from '../../src/gateway/route-cells.ts';
import { configOf } from '../helpers/config-text.ts';

await t.test('every route has a cell for its streams and one for its tunnels', async (t) => {
  const config = configOf('upstreams: { a: "x:1" }\nroutes: [{ name: one, upstream: a }, { name: two, host: b.test, respond: {} }]');
  t.strictSame(cellNames(config), ['streams one', 'tunnels one', 'streams two', 'tunnels two']);
});
