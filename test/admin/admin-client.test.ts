import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { AdminClientError, postReload } from '../../src/admin/admin-client.ts';
import { createAdminServer } from '../../src/admin/admin-server.ts';
import type { ReloadResult } from '../../src/admin/services.ts';
import { MemoryLogger, SampleServices } from './sample-services.ts';

const TOKEN = '0123456789abcdef';

async function serve(t: Test, listener: RequestListener): Promise<{ host: string; port: number }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

await t.test('the result of a reload comes back as the service gave it', async (t) => {
  const services = new SampleServices();
  const server = await createAdminServer({ address: { host: '127.0.0.1', port: 0 }, services, logger: new MemoryLogger(), token: null });
  t.teardown(() => server.close());
  const results: ReloadResult[] = [
    { ok: true, generation: 2, ms: 3, guardMs: 30_000, warnings: ['upstream a: the new target b:80 does not answer: connection refused'] },
    { ok: false, reason: 'invalid', error: 'wrong', diagnostics: ['line 1', 'line 2'] },
    { ok: false, reason: 'conflict', error: 'busy', diagnostics: [] },
    { ok: false, reason: 'rolled_back', error: 'worse', diagnostics: [] },
    { ok: false, reason: 'stuck', error: 'worse, and no way back', diagnostics: [] },
  ];
  for (const result of results) {
    services.result = result;
    t.strictSame(await postReload(server.address), result);
  }
  services.result = new Error('bug');
  await t.rejects(postReload(server.address), { message: /refused the reload \(500\): The cause is in the log/ });
});

await t.test('a server on every address is asked over loopback, with its token', async (t) => {
  for (const host of ['0.0.0.0', '::']) {
    const server = await createAdminServer({ address: { host, port: 0 }, services: new SampleServices(), logger: new MemoryLogger(), token: TOKEN });
    t.teardown(() => server.close());
    t.match(await postReload(server.address, TOKEN), { ok: true });
    await t.rejects(postReload(server.address), { message: /wants a token: set SLUICE_ADMIN_TOKEN/ });
  }
});

await t.test('nobody there is said plainly', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  await t.rejects(postReload({ host: '127.0.0.1', port }), new AdminClientError(`no Sluice answers at 127.0.0.1:${port}`));
});

await t.test('an answer of something else is no result', async (t) => {
  const strange: RequestListener[] = [
    (_request, response) => response.end('<html>'),
    (_request, response) => response.end('{"generation":"5","ms":1}'),
    (_request, response) => response.writeHead(422).end('{"error":"x"}'),
    (_request, response) => response.writeHead(404).end('[]'),
  ];
  for (const listener of strange) {
    await t.rejects(postReload(await serve(t, listener)), { name: 'AdminClientError', message: /is not the admin server of Sluice/ });
  }
});

await t.test('threat: an answer without end is cut, a connection that breaks is told', async (t) => {
  const endless = await serve(t, (_request, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536)));
    };
    response.on('drain', more);
    more();
  });
  await t.rejects(postReload(endless), { message: /the answer is too long/ });
  const broken = await serve(t, (request) => request.socket.destroy());
  await t.rejects(postReload(broken), { name: 'AdminClientError', message: /no Sluice can be asked/ });
});
