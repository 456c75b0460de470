import t from 'tap';
import { routeHandler } from '../../src/gateway/route-handler.ts';
import { CellNames } from '../../src/lib/cell-names.ts';
import { createSharedCells, SharedCells } from '../../src/lib/shared-cells.ts';
import { configOf } from '../helpers/config-text.ts';
import { policyServices } from '../helpers/policies.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';

function handlersOf(text: string): ReturnType<typeof routeHandler>[] {
  const config = configOf(text);
  const cells = new SharedCells(createSharedCells(1, 10), 1);
  const cellIndex = new CellNames(10, (column) => cells.clearColumn(column)).take([]);
  const tunnelHost = { add: () => undefined, remove: () => undefined };
  return config.routes.map((route) => routeHandler(route, { ...policyServices(), config, upstreams: new Map(), cellIndex, cells, tunnelHost, isDraining: () => false }));
}

await t.test('a route answers, redirects or forwards, and nothing else', async (t) => {
  const answers = handlersOf('routes: [{ path: /a, respond: { status: 201 } }, { path: /b, redirect: /c }]').map((handle) => {
    const { exchange, sink } = sampleExchange();
    handle(exchange);
    return [sink.status, sink.headers['location']];
  });
  t.strictSame(answers, [[201, undefined], [308, '/c']]);
});

await t.test('an upstream that is not there stops the build', async (t) => {
  t.throws(() => handlersOf('routes: [{ name: shop, upstream: "api:1" }]'), /route shop: there is no upstream/);
});
