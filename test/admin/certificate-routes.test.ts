import t, { type Test } from 'tap';
import { createAdminServer } from '../../src/admin/admin-server.ts';
import { MemoryLogger, sampleCertificate, SampleServices } from './sample-services.ts';

async function start(t: Test): Promise<{ readonly services: SampleServices; readonly url: string; readonly renew: (body: string, type?: string) => Promise<Response> }> {
  const services = new SampleServices();
  const server = await createAdminServer({ address: { host: '127.0.0.1', port: 0 }, services, logger: new MemoryLogger(), token: null });
  t.teardown(() => server.close());
  const url = `http://127.0.0.1:${server.address.port}`;
  return { services, url, renew: (body, type = 'application/json') => fetch(`${url}/certificates/renew`, { method: 'POST', headers: { 'content-type': type }, body }) };
}

await t.test('certificates are listed', async (t) => {
  const { url } = await start(t);
  t.strictSame(await (await fetch(`${url}/certificates`)).json(), { certificates: [sampleCertificate] });
});

await t.test('a host is renewed, and what came of it is the answer', async (t) => {
  const { services, renew } = await start(t);
  const done = await renew('{"host":"app.example.com"}');
  t.equal(done.status, 200);
  t.strictSame(await done.json(), { names: ['app.example.com'], notAfter: '2026-04-01T00:00:00.000Z' });
  t.strictSame(services.renewed, ['app.example.com']);
  services.renewal = { outcome: 'running', names: ['app.example.com'] };
  t.equal((await renew('{"host":"app.example.com"}')).status, 202);
  services.renewal = { outcome: 'unknown', reason: 'not ours' };
  const unknown = await renew('{"host":"x"}');
  t.match([unknown.status, await unknown.json()], [404, { detail: 'not ours' }]);
  services.renewal = { outcome: 'failed', reason: 'the CA says no' };
  const failed = await renew('{"host":"x"}');
  t.match([failed.status, await failed.json()], [502, { detail: 'the CA says no' }]);
});

await t.test('threat: a body that names no host, and a form of another site, order nothing', async (t) => {
  const { services, renew } = await start(t);
  for (const body of ['', '{}', 'nonsense', '{"host":5}', '{"host":""}', '[]', 'null']) {
    t.equal((await renew(body)).status, 422, body);
  }
  t.equal((await renew('host=app.example.com', 'application/x-www-form-urlencoded')).status, 415);
  t.strictSame(services.renewed, []);
});
