import { once } from 'node:events';
import { createServer } from 'node:http';
import t, { type Test } from 'tap';
import { createAdminServer } from '../../src/admin/admin-server.ts';
import { getCertificates, postRenewal } from '../../src/admin/certificates-client.ts';
import type { ListenAddress } from '../../src/config/config.ts';
import { portOf } from '../helpers/handshake.ts';
import { MemoryLogger, sampleCertificate, SampleServices } from './sample-services.ts';

const TOKEN = '0123456789abcdef';

async function start(t: Test): Promise<{ readonly services: SampleServices; readonly address: ListenAddress }> {
  const services = new SampleServices();
  const server = await createAdminServer({ address: { host: '127.0.0.1', port: 0 }, services, logger: new MemoryLogger(), token: TOKEN });
  t.teardown(() => server.close());
  return { services, address: server.address };
}

await t.test('certificates come back as the service gave them, to those who have the token', async (t) => {
  const { address } = await start(t);
  t.strictSame(await getCertificates(address, TOKEN), [sampleCertificate]);
  await t.rejects(getCertificates(address), { name: 'AdminClientError', message: /wants a token/ });
});

await t.test('a renewal tells until when, or that it takes longer, or why not', async (t) => {
  const { services, address } = await start(t);
  t.equal(await postRenewal(address, 'app.example.com', TOKEN), '2026-04-01T00:00:00.000Z');
  t.strictSame(services.renewed, ['app.example.com']);
  services.renewal = { outcome: 'running', names: [] };
  t.equal(await postRenewal(address, 'app.example.com', TOKEN), null);
  services.renewal = { outcome: 'failed', reason: 'the CA says no' };
  await t.rejects(postRenewal(address, 'app.example.com', TOKEN), { message: /did not renew it \(502\): the CA says no$/ });
});

await t.test('what answers and is no Sluice is told apart', async (t) => {
  for (const body of ['<html>', '{}', '{"certificates":[1]}', '{"certificates":"x"}']) {
    const server = createServer((_request, response) => response.end(body)).listen(0, '127.0.0.1');
    t.teardown(() => server.close());
    await once(server, 'listening');
    await t.rejects(getCertificates({ host: '127.0.0.1', port: portOf(server) }), { message: /is not the admin server of Sluice/ });
  }
});
