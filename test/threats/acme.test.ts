import { once } from 'node:events';
import { createServer } from 'node:http';
import net, { type Socket } from 'node:net';
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { issued, secureTo, startAcmeGateway, statusOf } from '../helpers/acme-gateway.ts';
import { FAKE_CA } from '../helpers/fake-issuer.ts';
import { portOf } from '../helpers/handshake.ts';
import { startPebble, type Pebble } from '../helpers/pebble.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { requireService } from '../helpers/service.ts';
import { startSluice } from '../helpers/sluice-process.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { eventually } from '../helpers/wait-for.ts';
import { freePort } from '../helpers/worker-plan.ts';

const HOST = 'app.example.com';
const DOWN = async (): Promise<Pick<Pebble, 'ca' | 'httpPort' | 'tlsPort'>> => ({
  ca: { ...FAKE_CA, directory: `https://127.0.0.1:${await freePort()}/dir`, trust: null }, httpPort: await freePort(), tlsPort: await freePort(),
});

async function pebbleFor(t: Test): Promise<Pebble | null> {
  const [program, dns] = [requireService(t, 'pebble'), requireService(t, 'pebble-challtestsrv')];
  return program === null || dns === null ? null : startPebble(t, program, dns);
}

function filesBelow(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

await t.test('the challenge path exempts nothing: without its token it is a request like any other', async (t) => {
  const gateway = await startAcmeGateway(t, await DOWN());
  for (const [target, host] of [['/.well-known/acme-challenge/abc', HOST], ['/.well-known/acme-challenge/../../x', HOST], ['/.well-known/acme-challenge/abc', 'evil.test']]) {
    const client = await RawClient.connect({ port: gateway.httpPort });
    const { status } = await client.write(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`).readResponse();
    t.match(String(status), host === HOST ? /^(308|400)$/ : /^(404|421)$/, `${target} of ${host}`);
    client.destroy();
  }
});

await t.test('every key is for its owner alone, and none is in a log', async (t) => {
  const pebble = await pebbleFor(t);
  if (pebble === null) return;
  const gateway = await startAcmeGateway(t, pebble);
  await issued(gateway, HOST, await pebble.root());
  const keys = filesBelow(gateway.store).filter((file) => /key$|\.pem$/.test(file));
  t.ok(keys.length >= 4, keys.join('\n'));
  for (const file of keys) t.equal(statSync(file).mode & 0o777, 0o600, file);
  t.notMatch(gateway.messages.join('\n'), /BEGIN|PRIVATE/);
});

await t.test('a damaged store is set aside, not overwritten, and the certificate is ordered again', async (t) => {
  const pebble = await pebbleFor(t);
  if (pebble === null) return;
  const first = await startAcmeGateway(t, pebble);
  const root = await pebble.root();
  await issued(first, HOST, root);
  await first.plane.stop();
  const [file] = filesBelow(path.join(first.store, 'acme', 'certificates'));
  writeFileSync(file ?? '', 'half a certif');
  const again = await startAcmeGateway(t, pebble, { store: first.store });
  await issued(again, HOST, root);
  t.match(again.messages.join('\n'), /damaged|set aside/);
  t.ok(filesBelow(path.join(first.store, 'acme', 'certificates')).some((name) => name.includes('.bad-')));
});

await t.test('what is neither on the list nor allowed by the application is never ordered', async (t) => {
  const pebble = await pebbleFor(t);
  if (pebble === null) return;
  const asked: string[] = [];
  const application = createServer((request, response) => {
    const domain = new URL(request.url ?? '', 'http://a').searchParams.get('domain') ?? '';
    asked.push(domain);
    response.writeHead(domain === 'good.customers.example.com' ? 200 : 403).end();
  }).listen(0, '127.0.0.1');
  await once(application, 'listening');
  t.teardown(() => application.close());
  const onDemand = `onDemand: { allow: ['*.customers.example.com'], ask: 'http://127.0.0.1:${portOf(application)}/', perHour: 5 }`;
  const gateway = await startAcmeGateway(t, pebble, { acme: onDemand, hosts: [HOST] });
  const root = await pebble.root();
  await issued(gateway, HOST, root);
  for (const name of ['evil.example.org', 'bad.customers.example.com', 'good.customers.example.com', 'x.y.customers.example.com']) {
    await secureTo(gateway.httpsPort, name, root).then((socket) => socket.destroy(), () => undefined);
  }
  await issued(gateway, 'good.customers.example.com', root);
  t.strictSame(asked.toSorted(), ['bad.customers.example.com', 'good.customers.example.com']);
  t.strictSame(gateway.plane.certificates().filter(({ source }) => source === 'acme').map(({ names }) => names.join()).toSorted(), [HOST, 'good.customers.example.com']);
});

await t.test('a host that waits is refused where that is wanted, and served when its certificate is there', async (t) => {
  const pebble = await pebbleFor(t);
  if (pebble === null) return;
  const down = await startAcmeGateway(t, await DOWN(), { acme: 'whilePending: refuse' });
  await t.rejects(secureTo(down.httpsPort, HOST, ''), { code: 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME' });
  for (const challenge of ['tls-alpn-01', 'http-01']) {
    const gateway = await startAcmeGateway(t, pebble, { acme: `whilePending: refuse, challenges: [${challenge}]` });
    await issued(gateway, HOST, await pebble.root());
    await gateway.plane.stop();
  }
});

await t.test('a store that cannot be written, and a CA that is down, keep nobody from being served', async (t) => {
  const folder = path.join(tempDir(t), 'certs');
  mkdirSync(folder);
  // A file where a folder is to be: not even root can write below it.
  writeFileSync(path.join(folder, 'acme'), '');
  chmodSync(folder, 0o700);
  const gateway = await startAcmeGateway(t, await DOWN(), { store: folder });
  t.match(gateway.messages.join('\n'), /the certificate store cannot be written/);
  await eventually(() => statusOf(gateway, HOST).lastError !== null);
  t.match(statusOf(gateway, HOST), { pendingSince: /^20/, lastError: { nextAttempt: /^20/ } });
  (await secureTo(gateway.httpsPort, HOST, gateway.ca)).destroy();
});

await t.test('an order that hangs does not hold up the end of the process', async (t) => {
  const held: Socket[] = [];
  const silent = net.createServer((socket) => void held.push(socket)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  t.teardown(() => {
    for (const socket of held) socket.destroy();
    silent.close();
  });
  const gateway = await startSluice(t, `acme: { ca: { directory: "https://127.0.0.1:${portOf(silent)}/dir" } }\nroutes: [{ host: ${HOST}, respond: {} }]`, { https: true });
  await eventually(() => held.length > 0);
  const startMs = performance.now();
  gateway.child.kill('SIGTERM');
  t.equal(await gateway.ended(), 0);
  t.ok(performance.now() - startMs < 5000);
});
