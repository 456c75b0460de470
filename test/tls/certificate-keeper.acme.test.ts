import { execFile } from 'node:child_process';
import { statSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { issued, secureTo, startAcmeGateway, statusOf } from '../helpers/acme-gateway.ts';
import { startPebble, type Pebble } from '../helpers/pebble.ts';
import { requireService } from '../helpers/service.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { eventually } from '../helpers/wait-for.ts';
import { freePort } from '../helpers/worker-plan.ts';

const run = promisify(execFile);

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

await t.test('a CA that is down at the start costs nobody a connection, and is asked again', async (t) => {
  const [program, dns] = [requireService(t, 'pebble'), requireService(t, 'pebble-challtestsrv')];
  if (program === null || dns === null) return;
  const pebble = await startPebble(t, program, dns);
  const down = { ...pebble, ca: { ...pebble.ca, directory: `https://127.0.0.1:${await freePort()}/dir` } };
  const gateway = await startAcmeGateway(t, down);
  await eventually(() => statusOf(gateway, 'app.example.com').lastError !== null, 5000);
  const { lastError, pendingSince } = statusOf(gateway, 'app.example.com');
  t.match(lastError, { text: /ECONNREFUSED/, nextAttempt: /^20/ });
  t.ok(Date.parse(lastError?.nextAttempt ?? '') > Date.now() + 30_000, 'not in a circle');
  t.not(pendingSince, null);
  t.match(gateway.messages.join('\n'), /no certificate could be had.*app\.example\.com.*ECONNREFUSED.*nextAttempt/);
  t.equal(gateway.plane.tls?.entries.find(({ names }) => names.includes('app.example.com'))?.source, 'local-ca');
});
