import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { statSync, readdirSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { issued, secureTo, startAcmeGateway, statusOf } from '../helpers/acme-gateway.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { startPebble, type Pebble } from '../helpers/pebble.ts';
import { requireService } from '../helpers/service.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { eventually } from '../helpers/wait-for.ts';
import { freePort } from '../helpers/worker-plan.ts';

const run = promisify(execFile);
const HOST = 'app.example.com';

async function pebbleFor(t: Test): Promise<Pebble | null> {
  const [program, dns] = [requireService(t, 'pebble'), requireService(t, 'pebble-challtestsrv')];
  return program === null || dns === null ? null : startPebble(t, program, dns);
}

/** A program that puts records where Pebble looks for them. */
function dnsHook(t: Test, { dns }: Pebble): string {
  const file = path.join(tempDir(t), 'dns.sh');
  const set = `curl -sf -X POST -d "{\\"host\\":\\"$2.\\",\\"value\\":\\"$3\\"}" ${dns.managementUrl}`;
  writeFileSync(file, `#!/bin/sh\nif [ "$1" = present ]; then ${set}/set-txt; else ${set}/clear-txt; fi\n`, { mode: 0o755 });
  return file;
}

await t.test('a host name in a route is enough: by http-01 and by tls-alpn-01, at both workers', async (t) => {
  const pebble = await pebbleFor(t);
  if (pebble === null) return;
  for (const challenge of ['http-01', 'tls-alpn-01']) {
    const gateway = await startAcmeGateway(t, pebble, { acme: `challenges: [${challenge}]`, more: 'workers: 2', hosts: [`${challenge}.example.com`] });
    const root = await pebble.root();
    t.match(await issued(gateway, `${challenge}.example.com`, root), { source: 'acme', issuer: /^Pebble/, pendingSince: null, lastError: null });
    t.equal(gateway.plane.tls?.localCa, null, 'nothing is left for the local CA to do');
    t.match(gateway.messages.join('\n'), /these hosts have no certificate yet.*the local CA signs one/);
    await gateway.plane.stop();
  }
});

await t.test('by dns-01, a wildcard together with the name behind it', async (t) => {
  const pebble = await pebbleFor(t);
  if (pebble === null) return;
  const hook = dnsHook(t, pebble);
  const hosts = ['*.example.com', 'example.com', 'app.example.com'];
  const gateway = await startAcmeGateway(t, pebble, { acme: `challenges: [dns-01], dns: { command: [${JSON.stringify(hook)}], wait: 50ms }`, hosts });
  const root = await pebble.root();
  await issued(gateway, 'example.com', root);
  (await secureTo(gateway.httpsPort, 'any.example.com', root)).destroy();
  t.match(gateway.plane.certificates(), [{ names: ['*.example.com', 'example.com'], source: 'acme' }]);
  t.equal(gateway.plane.certificates().length, 1, 'one order');
});

await t.test('openssl sees the whole chain, and the key is for nobody else to read', async (t) => {
  const openssl = requireService(t, 'openssl');
  const pebble = await pebbleFor(t);
  if (pebble === null || openssl === null) return;
  const gateway = await startAcmeGateway(t, pebble);
  const root = await pebble.root();
  await issued(gateway, 'app.example.com', root);
  const rootFile = path.join(tempDir(t), 'root.pem');
  writeFileSync(rootFile, root);
  const args = ['s_client', '-connect', `127.0.0.1:${gateway.httpsPort}`, '-servername', 'app.example.com', '-CAfile', rootFile, '-verify_hostname', 'app.example.com'];
  const client = run(openssl, args);
  client.child.stdin?.end();
  const { stdout } = await client;
  t.match(stdout, /Verify return code: 0 \(ok\)/);
  t.match(stdout, /0 s:[^]*1 s:.*Pebble Intermediate/, 'the leaf is followed by who issued it');
  const folder = path.join(gateway.store, 'acme', 'certificates');
  t.strictSame(readdirSync(folder).map((name) => statSync(path.join(folder, name)).mode & 0o777), [0o600]);
  t.notMatch(gateway.messages.join('\n'), /PRIVATE KEY/);

  await gateway.plane.stop();
  const again = await startAcmeGateway(t, { ...pebble, ca: { ...pebble.ca, directory: 'https://127.0.0.1:1/dir' } }, { store: gateway.store });
  t.match(statusOf(again, 'app.example.com'), { source: 'acme', pendingSince: null }, 'a restart finds it, whatever the CA does');
});

await t.test('a CA that is down at the start costs nobody a connection, is asked again, and renews in time', async (t) => {
  const pebble = await pebbleFor(t);
  if (pebble === null) return;
  const port = await freePort();
  const clock = new ManualClock(Date.now());
  const down = { ...pebble, ca: { ...pebble.ca, directory: `https://127.0.0.1:${port}/dir` } };
  const gateway = await startAcmeGateway(t, down, { clock });
  await eventually(() => statusOf(gateway, HOST).lastError !== null, 5000);
  const { lastError, pendingSince } = statusOf(gateway, HOST);
  t.match(lastError, { text: /ECONNREFUSED/, nextAttempt: /^20/ });
  t.ok(Date.parse(lastError?.nextAttempt ?? '') > clock.now() + 30_000, 'not in a circle');
  t.not(pendingSince, null);
  t.match(gateway.messages.join('\n'), /no certificate could be had.*app\.example\.com.*ECONNREFUSED.*nextAttempt/);
  (await secureTo(gateway.httpsPort, HOST, gateway.ca)).destroy();

  const target = Number(new URL(pebble.ca.directory).port);
  await relay(t, port, target);
  const certOf = (): string => gateway.plane.tls?.entries.find(({ source }) => source === 'acme')?.cert ?? '';
  const after = async (before: string): Promise<string> => eventually(() => {
    clock.advance(500);
    return certOf() !== before && certOf();
  }, 10_000);
  const first = await after('');
  t.match(statusOf(gateway, HOST), { pendingSince: null, lastError: null });

  // Pebble's certificates last five years; two thirds of that are over then, and none of either.
  clock.jumpWallClock(3.5 * 365 * 86_400_000);
  t.match(statusOf(gateway, HOST).renewal, { why: 'two thirds of its lifetime' });
  t.not(await after(first), first);
});

/** Passes on what comes to a port. */
async function relay(t: Test, port: number, target: number): Promise<void> {
  const open = new Set<net.Socket>();
  const server = net.createServer((client) => {
    const upstream = net.connect(target, '127.0.0.1');
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => socket.destroy()).on('close', () => open.delete(socket));
    }
    client.pipe(upstream).pipe(client);
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
}
