import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { WebSocket } from 'ws';
import { startCollector, type Span } from '../../helpers/collector.ts';
import { startGateway, withDefaults } from '../../helpers/gateway.ts';
import { startH2Upstream } from '../../helpers/h2-upstream.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { startHttpUpstream } from '../../helpers/upstream.ts';
import { eventually } from '../../helpers/wait-for.ts';
import { startWebSocketUpstream } from '../../helpers/websocket-upstream.ts';

const CALLER = 'b7ad6b7169203331';
const MAIN = new URL('../../../src/main.ts', import.meta.url).pathname;

/** A trace id that is told apart from others. */
function idOf(number: number): string {
  return String(number).padStart(32, 'abcdef01');
}

function tell(number: number): Record<string, string> {
  return { host: 'a.test', traceparent: `00-${idOf(number)}-${CALLER}-01`, tracestate: 'congo=1' };
}

await t.test('a collector sees the tree of each request, whatever became of it, from all workers', async (t) => {
  const collector = await startCollector(t);
  /** `traceparent` and `tracestate` of each request that an upstream got, by its trace. */
  const told = new Map<string, string[]>();
  const note = ({ traceparent, tracestate }: Record<string, unknown>): number => {
    const id = String(traceparent).slice(3, 35);
    const seen = told.get(id) ?? [];
    told.set(id, [...seen, `${String(traceparent)} ${String(tracestate)}`]);
    return seen.length;
  };
  const app = await startHttpUpstream((request, response) => {
    const before = note(request.headers);
    response.writeHead(request.url === '/again' && before === 0 ? 503 : 200).end('ok');
  });
  const gone = await startHttpUpstream(() => undefined);
  await gone.close();
  const h2 = await startH2Upstream(t, (stream, headers) => {
    note(headers);
    stream.respond({ ':status': 200 });
    stream.end('ok');
  });
  const ws = await startWebSocketUpstream(t);
  t.teardown(async () => app.close());
  const gateway = await startGateway(t, `
workers: 2
traces: { endpoint: "${collector.endpoint}", service: edge }
upstreams:
  app: { targets: ["${app.target}", "localhost:${app.port}"], retry: { attempts: 1, on: [503] } }
  gone: "${gone.target}"
  h2: { targets: ["${h2.target}"], protocol: h2 }
  ws: "${ws.target}"
routes:
  - { path: /gone, upstream: gone }
  - { path: /h2, upstream: h2 }
  - { path: /ws, upstream: ws }
  - { path: /closed, upstream: app, ip: { deny: [127.0.0.0/8] } }
  - { path: /fixed, respond: { status: 200 } }
  - { path: /*, upstream: app, name: app }
`);
  const origin = `http://127.0.0.1:${gateway.httpPort}`;
  const get = async (path: string, number: number): Promise<number> => {
    const response = await fetch(`${origin}${path}`, { headers: { ...tell(number), connection: 'close' } });
    await response.text();
    return response.status;
  };
  const tree = async (number: number, attempts: number): Promise<{ readonly server: Span; readonly clients: readonly Span[] }> => {
    const spans = await collector.trace(idOf(number), attempts + 1);
    const [server, ...clients] = spans;
    if (server === undefined || spans.length !== attempts + 1) throw new Error(`${spans.length} spans`);
    t.strictSame([server.kind, server.parent, server.state], ['server', CALLER, 'congo=1']);
    for (const client of clients) {
      t.strictSame([client.kind, client.parent], ['client', server.id]);
      t.ok(client.startMs >= server.startMs - 1 && client.endMs <= server.endMs + 1 && client.startMs <= client.endMs, 'an attempt lies within its request');
    }
    const upstream = (told.get(idOf(number)) ?? []).map((text) => text.slice(36));
    if (upstream.length > 0) t.strictSame(upstream, clients.map(({ id }) => `${id}-01 congo=1`), 'the upstream is told of the attempt as its parent');
    return { server, clients };
  };

  const statuses = [];
  for (const [index, path] of ['/plain?token=secret', '/again', '/gone', '/h2', '/closed', '/fixed'].entries()) statuses.push(await get(path, index + 1));
  t.strictSame(statuses, [200, 200, 503, 200, 403, 200]);
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.httpPort}/ws`, { headers: tell(7) });
  await once(socket, 'open');
  socket.send('hello');
  await once(socket, 'message');
  socket.close();
  await once(socket, 'close');
  for (let i = 0; i < 40; i += 1) await get('/plain', 100 + i);

  const plain = await tree(1, 1);
  t.match(plain.server.attributes, { 'http.route': 'app', 'url.path': '/plain', 'url.query': 'token=***', 'http.response.status_code': 200, 'sluice.upstream': 'app', 'sluice.attempts': 1, 'server.address': '127.0.0.1' });
  t.match(plain.clients[0], { isError: false, events: ['connected', 'head'], attributes: { 'http.response.status_code': 200, 'server.port': app.port, 'network.protocol.version': '1.1' } });
  t.match(plain.server.resource, { 'service.name': 'edge' });

  const again = await tree(2, 2);
  t.match(again.server, { isError: false, attributes: { 'http.response.status_code': 200, 'sluice.attempts': 2 } });
  t.match(again.clients, [
    { isError: true, attributes: { 'http.response.status_code': 503, 'http.request.resend_count': undefined } },
    { isError: false, attributes: { 'http.response.status_code': 200, 'http.request.resend_count': 1 } },
  ]);
  t.not(again.clients[0]?.attributes['sluice.target'], again.clients[1]?.attributes['sluice.target']);

  const failed = await tree(3, 1);
  t.match(failed.server, { isError: true, attributes: { 'error.type': 'upstream_connect_failed', 'http.response.status_code': 503 } });
  t.match(failed.clients[0], { isError: true, events: [], attributes: { 'error.type': 'upstream_connect_failed', 'http.response.status_code': undefined } });
  t.match((await tree(4, 1)).clients[0]?.attributes, { 'network.protocol.version': '2', 'http.response.status_code': 200 });
  t.match((await tree(5, 0)).server, { isError: false, attributes: { 'error.type': 'forbidden_address', 'sluice.attempts': 0 } });
  t.match((await tree(6, 0)).server.attributes, { 'http.response.status_code': 200 });

  const tunnel = await tree(7, 1);
  t.match(tunnel.server.attributes, { 'http.response.status_code': 101, 'sluice.upgrade': 'websocket' });
  t.match(tunnel.clients[0]?.attributes, { 'http.response.status_code': 101 });
  t.equal(ws.requests[0]?.headers['traceparent'], `00-${idOf(7)}-${tunnel.clients[0]?.id}-01`);

  await Promise.all(Array.from({ length: 40 }, async (_, i) => tree(100 + i, 1)));
  t.equal(new Set(collector.spans.map(({ resource }) => resource['service.instance.id'])).size, 2, 'both workers have sent');
});

await t.test('what is left is sent before the gateway ends, and what a reload turns off stops', async (t) => {
  const collector = await startCollector(t);
  const routes = 'routes: [{ path: /*, respond: { status: 200 } }]';
  const gateway = await startGateway(t, `traces: { endpoint: "${collector.endpoint}" }\n${routes}`);
  const get = async (number: number): Promise<unknown> => (await fetch(`http://127.0.0.1:${gateway.httpPort}/`, { headers: { ...tell(number), connection: 'close' } })).text();
  await get(1);
  gateway.write(routes);
  t.equal((await gateway.plane.reload()).ok, true);
  await get(2);
  await collector.trace(idOf(1), 1);
  gateway.write(`traces: { endpoint: "${collector.endpoint}" }\n${routes}`);
  t.equal((await gateway.plane.reload()).ok, true);
  await get(3);
  await gateway.plane.stop();
  t.strictSame(collector.spans.map(({ traceId }) => traceId), [idOf(1), idOf(3)]);
});

await t.test('nothing of the export is loaded where there is none', async (t) => {
  const dir = tempDir(t);
  const hook = join(dir, 'hook.mjs');
  writeFileSync(hook, `
import { writeSync } from 'node:fs';
import { registerHooks } from 'node:module';
registerHooks({ load(url, context, next) { writeSync(2, 'loaded ' + url + '\\n'); return next(url, context); } });
`);
  const loaded = async (traces: string): Promise<string[]> => {
    const file = join(dir, 'gateway.yaml');
    writeFileSync(file, withDefaults(`${traces}routes: [{ path: /*, respond: { status: 200 } }]`, dir, false));
    const child = spawn(process.execPath, ['--import', hook, MAIN, 'run', '-c', file], { stdio: ['ignore', 'pipe', 'pipe'], cwd: dir });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { text += chunk.toString(); });
    await eventually(() => text.includes('Sluice is up') || child.exitCode !== null, 10_000);
    child.kill('SIGKILL');
    await once(child, 'exit');
    return [...text.matchAll(/^loaded .*\/observe\/traces\/([a-z-]+)\.ts$/gm)].map((match) => String(match[1])).toSorted();
  };
  const off = await loaded('');
  t.ok(off.includes('tracing'), 'the hook sees what workers load');
  t.strictSame(off.filter((name) => /export|collector|json/.test(name)), []);
  const on = await loaded('traces: { endpoint: "http://127.0.0.1:4318" }\n');
  t.strictSame(on.filter((name) => /export|collector|json/.test(name)), ['collector-client', 'span-exporter', 'span-json']);
});
