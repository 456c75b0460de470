import { execFileSync } from 'node:child_process';
import t, { type Test } from 'tap';
import { RawClient } from '../helpers/raw-client.ts';
import { requireService } from '../helpers/service.ts';
import { startGateway, type TestGateway } from '../helpers/gateway.ts';
import { MetricsPage, sumOf } from '../helpers/metrics-page.ts';
import { startHttpUpstream, type TestUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

async function startApp(t: Test): Promise<TestUpstream> {
  const app = await startHttpUpstream((_request, response) => void response.end('well'));
  t.teardown(async () => app.close());
  return app;
}

function pageOf({ plane }: TestGateway): MetricsPage {
  return new MetricsPage(plane.admin?.address.port ?? 0);
}

/** A request on a connection of its own, so that it goes to whichever worker the kernel chooses. */
async function ask(port: number, path: string, { tls = false } = {}): Promise<number> {
  const client = await RawClient.connect({ port, ...(tls && { tls: true as const }) });
  client.write(`GET ${path} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n`);
  const { status } = await client.readResponse();
  client.destroy();
  return status;
}

async function repeat(times: number, run: () => Promise<unknown>): Promise<void> {
  for (let done = 0; done < times; done += 10) await Promise.all(Array.from({ length: Math.min(10, times - done) }, async () => run()));
}

function yaml(target: string, more = ''): string {
  return `workers: 2
listen: { http: "127.0.0.1:0", https: "127.0.0.1:0", admin: "127.0.0.1:0" }
upstreams: { api: { targets: ["${target}"], eject: off } }
routes:
  - { name: api, host: a.test, path: /api/*, upstream: api, stripPrefix: /api, https: both }
  - { name: fixed, host: a.test, path: /fixed, respond: { status: 204 }, https: both }
${more}`;
}

await t.test('promtool reads the page, and no public listener has it', async (t) => {
  const { target } = await startApp(t);
  const gateway = await startGateway(t, yaml(target), { https: true });
  const { httpPort: port, httpsPort } = gateway;
  await repeat(10, async () => ask(port, '/api/200'));
  t.equal(await ask(port, '/metrics'), 404);
  t.equal(await ask(httpsPort, '/metrics', { tls: true }), 404);
  const counts = await pageOf(gateway).counts();
  t.equal(sumOf(counts, 'sluice_worker_up'), 2);
  t.ok(sumOf(counts, 'sluice_certificate_not_after_timestamp_seconds') > Date.now() / 1000);

  await t.test('promtool', async (t) => {
    const promtool = requireService(t, 'promtool');
    if (promtool !== null) t.equal(execFileSync(promtool, ['check', 'metrics'], { input: await pageOf(gateway).text(), encoding: 'utf8' }), '');
  });
});

await t.test('totals go on where they are over reloads, refused ones too', async (t) => {
  const { target } = await startApp(t);
  const gateway = await startGateway(t, yaml(target), { https: true });
  const { plane, httpPort: port } = gateway;
  const total = async (): Promise<number> => sumOf(await pageOf(gateway).counts(), 'sluice_http_requests_total');
  await repeat(30, async () => ask(port, '/fixed'));
  await eventually(async () => await total() === 30);
  gateway.write(yaml(target, '  - { name: new, host: a.test, path: /new, respond: {}, https: both }\n'));
  t.match(await plane.reload(), { ok: true });
  await ask(port, '/new');
  await eventually(async () => await total() === 31);
  gateway.write('nonsense: true');
  t.match(await plane.reload(), { ok: false });
  const reloads = await pageOf(gateway).counts();
  t.strictSame(['sluice_config_reloads_total{result="success"}', 'sluice_config_reloads_total{result="failure"}', 'sluice_config_generation', 'sluice_config_last_reload_successful'].map((name) => reloads.get(name)), [1, 1, 2, 0]);
  t.ok(reloads.get('sluice_config_last_reload_duration_seconds')! > 0);
});
