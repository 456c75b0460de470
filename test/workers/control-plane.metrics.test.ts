import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { RawClient } from '../helpers/raw-client.ts';
import { requireService } from '../helpers/service.ts';
import { startGateway, type TestGateway } from '../helpers/gateway.ts';
import { eventually } from '../helpers/wait-for.ts';

type Counts = ReadonlyMap<string, number>;

/** An app that answers with the status in the path: `/503`; `/slow` takes as long as the test wants. */
async function startApp(t: Test): Promise<{ readonly target: string; readonly release: () => void }> {
  const held: http.ServerResponse[] = [];
  const server = http.createServer((request, response) => {
    if (request.url?.endsWith('/slow') === true) held.push(response);
    else response.writeHead(Number(/\d{3}$/.exec(request.url ?? '')?.[0] ?? 200)).end('x'.repeat(1000));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { target: `127.0.0.1:${(server.address() as AddressInfo).port}`, release: () => held.splice(0).forEach((response) => response.end('late')) };
}

async function scrape({ plane }: TestGateway, accept = 'text/plain'): Promise<string> {
  const { port = 0 } = plane.admin?.address ?? {};
  return (await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { accept } })).text();
}

async function countsOf(gateway: TestGateway): Promise<Counts> {
  const lines = (await scrape(gateway)).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

function sumOf(counts: Counts, name: string): number {
  return [...counts].reduce((sum, [key, value]) => (key.startsWith(`${name}{`) ? sum + value : sum), 0);
}

/** A request on a connection of its own, so that it goes to whichever worker the kernel chooses. */
async function ask(port: number, path: string, { host = 'a.test', method = 'GET', tls = false } = {}): Promise<number> {
  const client = await RawClient.connect({ port, ...(tls && { tls: true as const }) });
  client.write(`${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  const { status } = await client.readResponse({ method });
  client.destroy();
  return status;
}

async function repeat(times: number, run: (index: number) => Promise<unknown>): Promise<void> {
  for (let done = 0; done < times; done += 10) await Promise.all(Array.from({ length: Math.min(10, times - done) }, async (_, index) => run(done + index)));
}

function yaml(target: string, more = ''): string {
  return `workers: 2
listen: { http: "127.0.0.1:0", https: "127.0.0.1:0", admin: "127.0.0.1:0" }
upstreams: { api: { targets: ["${target}"], eject: off } }
routes:
  - { name: api, host: a.test, path: /api/*, upstream: api, stripPrefix: /api, https: both }
  - { name: fixed, host: a.test, path: /fixed, respond: { status: 204 }, https: both }
  - { name: denied, host: a.test, path: /denied, respond: {}, https: both, ip: { deny: [127.0.0.1] } }
${more}`;
}

await t.test('a known mix over two workers: every count is what it must be', async (t) => {
  const { target, release } = await startApp(t);
  const gateway = await startGateway(t, yaml(target), { https: true });
  const { httpPort: port, httpsPort } = gateway;
  await repeat(60, async () => ask(port, '/api/200'));
  await repeat(20, async () => ask(port, '/api/503'));
  await repeat(15, async () => ask(port, '/fixed', { method: 'HEAD' }));
  await repeat(12, async () => ask(port, '/denied'));
  await repeat(40, async (index) => ask(port, `/${index}`, { host: `h${index}.test` }));
  await repeat(8, async () => ask(httpsPort, '/api/200', { tls: true }));
  const slow = ask(port, '/api/slow');
  const counts = await eventually(async () => {
    const now = await countsOf(gateway);
    return sumOf(now, 'sluice_http_requests_total') === 155 && now.get('sluice_http_requests_in_flight') === 1 ? now : null;
  }, 5000);
  const requests = Object.fromEntries([...counts].filter(([name]) => name.startsWith('sluice_http_requests_total{')).map(([name, count]) => [name.slice('sluice_http_requests_total'.length), count]));
  t.strictSame(requests, {
    '{route="api",method="GET",status="200",class="2xx",code=""}': 68,
    '{route="api",method="GET",status="503",class="5xx",code=""}': 20,
    '{route="fixed",method="HEAD",status="204",class="2xx",code=""}': 15,
    '{route="denied",method="GET",status="403",class="4xx",code="forbidden_address"}': 12,
    '{route="",method="GET",status="404",class="4xx",code="no_route"}': 40,
  });
  const at = `{upstream="api",target="${target}"}`;
  const of = (name: string): number | undefined => counts.get(name);
  t.equal(of('sluice_http_request_duration_seconds_count{route="api"}'), 88);
  t.equal(of('sluice_http_response_size_bytes_sum{route="api"}'), 88_000);
  t.equal(of(`sluice_upstream_head_duration_seconds_count${at}`), 88);
  t.equal(of(`sluice_upstream_requests_total${at}`), 88);
  t.equal(of(`sluice_upstream_failures_total${at}`), 20);
  t.equal(of(`sluice_upstream_requests_in_flight${at}`), 1);
  t.equal(of(`sluice_upstream_target_available${at}`), 1);
  t.equal(sumOf(counts, 'sluice_tls_handshakes_total'), 8);
  t.equal(sumOf(counts, 'sluice_worker_up'), 2);
  t.ok(sumOf(counts, 'sluice_certificate_not_after_timestamp_seconds') > Date.now() / 1000);
  release();
  await slow;

  await t.test('promtool reads it', async (t) => {
    const promtool = requireService(t, 'promtool');
    if (promtool !== null) t.equal(execFileSync(promtool, ['check', 'metrics'], { input: await scrape(gateway), encoding: 'utf8' }), '');
  });

  await t.test('no public listener has it', async (t) => {
    t.equal(await ask(port, '/metrics'), 404);
    t.equal(await ask(httpsPort, '/metrics', { tls: true }), 404);
  });
});

await t.test('totals go on where they are over reloads, refused ones too', async (t) => {
  const { target } = await startApp(t);
  const gateway = await startGateway(t, yaml(target), { https: true });
  const { plane, httpPort: port } = gateway;
  const total = async (): Promise<number> => sumOf(await countsOf(gateway), 'sluice_http_requests_total');
  await repeat(30, async () => ask(port, '/fixed'));
  await eventually(async () => await total() === 30);
  gateway.write(yaml(target, '  - { name: new, host: a.test, path: /new, respond: {}, https: both }\n'));
  t.match(await plane.reload(), { ok: true });
  await ask(port, '/new');
  await eventually(async () => await total() === 31);
  gateway.write('nonsense: true');
  t.match(await plane.reload(), { ok: false });
  const reloads = await countsOf(gateway);
  t.strictSame(['sluice_config_reloads_total{result="success"}', 'sluice_config_reloads_total{result="failure"}', 'sluice_config_generation', 'sluice_config_last_reload_successful'].map((name) => reloads.get(name)), [1, 1, 2, 0]);
  t.ok(reloads.get('sluice_config_last_reload_duration_seconds')! > 0);
});

await t.test('under load, no answer is late and no total goes back', async (t) => {
  const { target } = await startApp(t);
  const gateway = await startGateway(t, yaml(target), { https: true });
  const load = { isOver: false, sent: 0 };
  const clients = Promise.all(Array.from({ length: 8 }, async () => {
    const client = await RawClient.connect({ port: gateway.httpPort });
    while (!load.isOver) {
      client.write('GET /api/200 HTTP/1.1\r\nHost: a.test\r\n\r\n');
      await client.readResponse();
      load.sent += 1;
    }
    client.destroy();
  }));
  let before = 0;
  for (let i = 0; i < 15; i += 1) {
    const startedMs = performance.now();
    const now = sumOf(await countsOf(gateway), 'sluice_http_requests_total');
    t.ok(performance.now() - startedMs < 1000 && now >= before, `${Math.round(performance.now() - startedMs)} ms, ${before} → ${now}`);
    before = now;
  }
  load.isOver = true;
  await clients;
  t.ok(load.sent > 0);
  await eventually(async () => sumOf(await countsOf(gateway), 'sluice_http_requests_total') === load.sent);
});
