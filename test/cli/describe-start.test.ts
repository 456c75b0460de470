import t from 'tap';
import { describeStart } from '../../src/cli/describe-start.ts';
import { startGateway } from '../helpers/gateway.ts';

await t.test('what was started is told in a few lines: ports, admin, CA, routes', async (t) => {
  const gateway = await startGateway(t, `
listen: { http: "127.0.0.1:0", https: "[::1]:0", admin: "127.0.0.1:0" }
upstreams: { api: "127.0.0.1:1" }
routes:
  - { host: [a.test, b.test], path: /api/*, methods: [GET, POST], upstream: api }
  - { host: a.test, path: "/static/*.{css,js}", respond: { status: 204 } }
  - { host: a.test, path: "/one/*.css", redirect: { to: /two, status: 302 } }
  - { host: a.test, path: "~^/u/[0-9]+$", respond: {} }
  - { path: /x, respond: {} }`);
  const lines = describeStart(gateway.plane);
  const [http, https] = gateway.plane.ports;
  t.match(lines.slice(0, 5), [
    /^Sluice is up: .*gateway\.yaml$/,
    `  http      127.0.0.1:${http?.address.port}`,
    `  https     [::1]:${https?.address.port}`,
    `  admin     127.0.0.1:${gateway.plane.admin?.address.port}`,
    /^ {2}local CA {2}\/.*\/certs\/ca\.crt$/,
  ]);
  t.strictSame(lines.slice(5), [
    '  routes    GET,POST,HEAD a.test/api/* (+1) → api',
    '            a.test/static/*.{css,js} → answers 204',
    '            a.test/one/*.css → 302 /two',
    '            a.test ~^/u/[0-9]+$ → answers 200',
    '            */x → answers 200',
  ]);
});

await t.test('many routes are counted, not listed', async (t) => {
  const routes = Array.from({ length: 25 }, (_, i) => `  - { path: /${i}, respond: {} }`).join('\n');
  const gateway = await startGateway(t, `routes:\n${routes}`);
  const lines = describeStart(gateway.plane);
  t.equal(lines.length, 2 + 20 + 1);
  t.equal(lines.at(-1), '            … and 5 more');
});
