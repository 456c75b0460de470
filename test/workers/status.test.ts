import t from 'tap';
import { portsOf } from '../../src/listen/ports.ts';
import { statusOf } from '../../src/workers/status.ts';
import { sampleStatus } from '../admin/sample-services.ts';
import { configOf } from '../helpers/config-text.ts';
import { literalRoster } from '../helpers/literal-roster.ts';

await t.test('what runs is told from the plan, the workers and the members of upstreams', async (t) => {
  const config = configOf(`
listen: { http: [80, "127.0.0.1:81"], https: "[::1]:443" }
upstreams: { api: ["a:1", "b:2"], web: { targets: "unix:/run/web.sock" } }
routes: [{ name: api, path: /api/*, upstream: api }, { name: web, upstream: web }, { path: /r, redirect: /x }, { path: /f, respond: {} }]`);
  const status = statusOf({
    status: 'ready', version: '1.2.3', uptimeSeconds: 61.6,
    plan: { generation: 7, config, cellIndex: {}, roster: literalRoster(config), tls: null },
    ports: portsOf(config.listen), admin: { host: '127.0.0.1', port: 9090 }, targets: sampleStatus.targets,
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
    targets: sampleStatus.targets,
  });
});

await t.test('without an admin server none is listed', async (t) => {
  const config = configOf('');
  const plan = { generation: 1, config, cellIndex: {}, roster: literalRoster(config), tls: null };
  const { listeners } = statusOf({ status: 'starting', version: '', uptimeSeconds: 0, plan, ports: [], admin: null, members: [], targets: [] });
  t.strictSame(listeners, []);
});
