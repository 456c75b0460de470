import t from 'tap';
import { cellNames, failedUntilCell, inFlightCell } from '../../src/gateway.ts';
import { CellNames } from '../../src/lib/cell-names.ts';
import { createSharedCells, SharedCells } from '../../src/lib/shared-cells.ts';
import { portsOf } from '../../src/listen/ports.ts';
import { statusOf } from '../../src/workers/status.ts';
import { configOf } from '../helpers/config-text.ts';

const NOW_SECONDS = 4_000_000_000;

await t.test('what runs is told from the plan, the members and the shared cells of all workers', async (t) => {
  const config = configOf(`
listen: { http: [80, "127.0.0.1:81"], https: "[::1]:443" }
upstreams: { api: ["a:1", "b:2"], web: { targets: "unix:/run/web.sock" } }
routes: [{ name: api, path: /api/*, upstream: api }, { name: web, upstream: web }, { path: /r, redirect: /x }, { path: /f, respond: {} }]`);
  const layout = createSharedCells(2, 100);
  const cells = new SharedCells(layout, 0);
  const cellIndex = new CellNames(100, (column) => cells.clearColumn(column)).take(cellNames(config));
  for (const worker of [1, 2]) new SharedCells(layout, worker).counter(cellIndex, inFlightCell('api', 'a:1')).add(worker);
  // Beyond 2038 a time in seconds is negative in a cell of 32 bits.
  cells.sharedNumber(cellIndex, failedUntilCell('api', 'b:2')).store((NOW_SECONDS + 1) | 0);
  cells.sharedNumber(cellIndex, failedUntilCell('web', 'unix:/run/web.sock')).store(NOW_SECONDS | 0);
  const status = statusOf({
    status: 'ready', version: '1.2.3', uptimeSeconds: 61.6, nowSeconds: NOW_SECONDS,
    plan: { generation: 7, config, cellIndex, tls: null },
    ports: portsOf(config.listen), admin: { host: '127.0.0.1', port: 9090 }, cells,
    members: [{ number: 1, state: 'ready', generation: 7 }, { number: 2, state: 'down', generation: 6 }],
  });
  t.strictSame(status, {
    status: 'ready', version: '1.2.3', generation: 7, uptimeSeconds: 62,
    listeners: [
      { kind: 'http', address: '[::]:80' }, { kind: 'http', address: '127.0.0.1:81' }, { kind: 'https', address: '[::1]:443' },
      { kind: 'admin', address: '127.0.0.1:9090' },
    ],
    workers: [{ id: 1, state: 'ready', generation: 7 }, { id: 2, state: 'down', generation: 6 }],
    routes: [
      { id: 'api', action: 'forward', upstream: 'api' }, { id: 'web', action: 'forward', upstream: 'web' },
      { id: '/r', action: 'redirect', upstream: null }, { id: '/f', action: 'respond', upstream: null },
    ],
    targets: [
      { upstream: 'api', name: 'a:1', state: 'up', inFlight: 3 }, { upstream: 'api', name: 'b:2', state: 'failing', inFlight: 0 },
      { upstream: 'web', name: 'unix:/run/web.sock', state: 'up', inFlight: 0 },
    ],
  });
});

await t.test('without an admin server none is listed', async (t) => {
  const config = configOf('');
  const cells = new SharedCells(createSharedCells(1, 10), 0);
  const plan = { generation: 1, config, cellIndex: {}, tls: null };
  const { listeners } = statusOf({ status: 'starting', version: '', uptimeSeconds: 0, nowSeconds: 0, plan, ports: [], admin: null, members: [], cells });
  t.strictSame(listeners, []);
});
