import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import t, { type Test } from 'tap';
import { getCertificates, postRenewal } from '../../src/admin/certificates-client.ts';
import { issued, secureTo, startAcmeGateway, statusOf, type AcmeGateway } from '../helpers/acme-gateway.ts';
import { startPebble, type Pebble } from '../helpers/pebble.ts';
import { requireService } from '../helpers/service.ts';
import { eventually } from '../helpers/wait-for.ts';

const HOST = 'app.example.com';

interface Running {
  readonly pebble: Pebble;
  readonly gateway: AcmeGateway;
  readonly root: string;
}

async function start(t: Test): Promise<Running | null> {
  const [program, dns] = [requireService(t, 'pebble'), requireService(t, 'pebble-challtestsrv')];
  if (program === null || dns === null) return null;
  const pebble = await startPebble(t, program, dns, { authzReuse: 100 });
  const gateway = await startAcmeGateway(t, pebble, { more: 'workers: 2' });
  const root = await pebble.root();
  await issued(gateway, HOST, root);
  return { pebble, gateway, root };
}

interface Tally {
  asked: number;
  readonly faults: string[];
  readonly serials: Set<string>;
}

/** Asks again and again, on connections that are kept or on one for each request. */
async function keepAsking(port: number, ca: string, keepAlive: boolean, tally: Tally, signal: AbortSignal): Promise<void> {
  const agent = new Agent({ keepAlive, maxSockets: 1 });
  while (!signal.aborted) {
    try {
      const sent = request({ host: '127.0.0.1', port, servername: HOST, headers: { host: HOST }, ca, agent });
      sent.end();
      const [response] = await once(sent, 'response') as [IncomingMessage];
      tally.serials.add((response.socket as TLSSocket).getPeerX509Certificate()?.serialNumber ?? 'resumed');
      if (response.statusCode !== 200) tally.faults.push(String(response.statusCode));
      response.resume();
      await once(response, 'end');
      tally.asked += 1;
    } catch (error) {
      tally.faults.push(String(error));
    }
  }
  agent.destroy();
}

await t.test('twenty renewals under load fail no handshake and no request', async (t) => {
  const running = await start(t);
  if (running === null) return;
  const { gateway, root } = running;
  const stop = new AbortController();
  const tally: Tally = { asked: 0, faults: [], serials: new Set() };
  const clients = [true, true, false, false].map(async (keepAlive) => keepAsking(gateway.httpsPort, root, keepAlive, tally, stop.signal));
  const admin = gateway.plane.admin?.address ?? { host: '', port: 0 };
  for (let i = 0; i < 20; i++) t.match(await postRenewal(admin, HOST), /^20/);
  const enough = tally.asked + 50;
  await eventually(() => tally.asked >= enough, 5000);
  stop.abort();
  await Promise.all(clients);
  t.strictSame(tally.faults, []);
  t.ok(tally.serials.size >= 20, `${tally.serials.size} certificates were seen`);
  t.match(await getCertificates(admin), [{ names: [HOST], source: 'acme', lastError: null }]);
});

/** A whole request, so that tickets have come, which a resumed session of TLS 1.2 brings none of. */
async function session(port: number, ca: string, options: ConnectionOptions = {}): Promise<{ readonly isReused: boolean; readonly ticket: Buffer | null }> {
  const socket = connect({ host: '127.0.0.1', port, servername: HOST, ca, ...options });
  let ticket: Buffer | null = null;
  socket.on('session', (bytes: Buffer) => {
    ticket = bytes;
  });
  await once(socket, 'secureConnect');
  const isReused = socket.isSessionReused();
  socket.end(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`).resume();
  await once(socket, 'close');
  return { isReused, ticket };
}

await t.test('a session that began at one worker is resumed by the other, until the certificate is another one', async (t) => {
  const running = await start(t);
  if (running === null) return;
  const { gateway: { httpsPort, plane }, root } = running;
  for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
    const { ticket } = await session(httpsPort, root, { maxVersion });
    const attempts = await Promise.all(Array.from({ length: 16 }, async () => session(httpsPort, root, { maxVersion, session: ticket ?? Buffer.alloc(0) })));
    t.equal(attempts.filter(({ isReused }) => isReused).length, 16, `${maxVersion}: all, and two workers share them`);
  }
  const { ticket } = await session(httpsPort, root);
  const before = plane.tls?.ticketKeys;
  t.match(await postRenewal(plane.admin?.address ?? { host: '', port: 0 }, HOST), /^20/);
  await eventually(() => plane.tls?.ticketKeys !== before);
  await eventually(async () => !(await session(httpsPort, root, { session: ticket ?? Buffer.alloc(0) })).isReused);
});

await t.test('a renewal that fails leaves the certificate, and says why', async (t) => {
  const running = await start(t);
  if (running === null) return;
  const { gateway, pebble, root } = running;
  gateway.serve([HOST, 'other.example.com']);
  t.match(await gateway.plane.reload(), { ok: true });
  await issued(gateway, 'other.example.com', root);
  t.match(statusOf(gateway, HOST), { lastError: null });
  const admin = gateway.plane.admin?.address ?? { host: '', port: 0 };
  await t.rejects(postRenewal(admin, 'stranger.example.com'), { message: /did not renew it \(404\): No certificate for stranger\.example\.com comes by ACME/ });
  await pebble.stop();
  await t.rejects(postRenewal(admin, HOST), { message: /did not renew it \(502\): .*ECONNREFUSED/ });
  t.match(statusOf(gateway, HOST), { source: 'acme', pendingSince: null, lastError: { text: /ECONNREFUSED/, nextAttempt: /^20/ } });
  (await secureTo(gateway.httpsPort, HOST, root)).destroy();
  t.match(gateway.messages.join('\n'), /could not be renewed; the old one goes on.*ECONNREFUSED/);
});
