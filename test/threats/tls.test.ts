import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { join } from 'node:path';
import tls, { type ConnectionOptions } from 'node:tls';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { makeCa, makePair } from '../helpers/certificates.ts';
import { ClientCa } from '../helpers/client-certificates.ts';
import { startGateway, type TestGateway } from '../helpers/gateway.ts';
import { requestH2 } from '../helpers/h2-client.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { startRecordingUpstream, type RecordingUpstream } from '../helpers/recording-upstream.ts';
import { requireService } from '../helpers/service.ts';
import { sluice } from '../helpers/sluice-process.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { eventually } from '../helpers/wait-for.ts';

const run = promisify(execFile);
const root = await makeCa();
const staff = await ClientCa.make();
const [alice, mallory] = [await staff.client('alice', { san: [{ type: 'email', value: 'alice@acme.test' }] }), await (await ClientCa.make()).client('mallory')];
const HOSTS = ['public.test', 'closed.test', 'open.test', 'both.test'];

interface Site {
  readonly gateway: TestGateway;
  readonly upstream: RecordingUpstream;
  readonly dir: string;
  /** The configuration, with other options of `tls.clients`. */
  yaml(clients: string): string;
  /** Puts another certificate of the server in place. */
  renew(): Promise<void>;
}

/** A gateway with a public host, one for staff only, one for staff and others, and one that is served over plain HTTP too. */
async function startSite(t: Test, { workers = 1 }: { readonly workers?: number } = {}): Promise<Site> {
  const dir = tempDir(t);
  const upstream = await startRecordingUpstream(t);
  const renew = async (): Promise<void> => {
    const { cert, key } = await makePair(root, HOSTS);
    writeFileSync(join(dir, 'site.key'), key, { mode: 0o600 });
    writeFileSync(join(dir, 'site.crt'), cert + root.cert);
  };
  await renew();
  writeFileSync(join(dir, 'staff.pem'), staff.cert);
  const yaml = (clients: string): string => `workers: ${workers}
tls:
  store: ${dir}/certs
  certificates: [{ cert: ${dir}/site.crt, key: ${dir}/site.key }]
  clients: [${clients}]
routes:
  - { host: [public.test, closed.test, open.test], upstream: "${upstream.target}" }
  - { host: both.test, https: both, upstream: "${upstream.target}" }
`;
  const gateway = await startGateway(t, yaml(`{ hosts: [closed.test, both.test], ca: ${dir}/staff.pem, headers: true }, { hosts: open.test, mode: request, ca: ${dir}/staff.pem, headers: true }`), { https: true });
  return { gateway, upstream, dir, yaml, renew };
}

async function connect({ gateway }: Site, servername: string, options: ConnectionOptions = {}): Promise<RawClient> {
  return RawClient.connect({ port: gateway.httpsPort, tls: { servername, ca: root.cert, ...options } });
}

async function statusFor(client: RawClient, host: string, headers = ''): Promise<number> {
  return (await client.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n${headers}\r\n`).readResponse()).status;
}

/** Whether a request gets through, on a connection of its own: a refusal may come in the handshake or behind it. */
async function getsIn(site: Site, host: string, options: ConnectionOptions = {}): Promise<boolean> {
  try {
    const client = await connect(site, host, options);
    const status = await statusFor(client, host);
    client.destroy();
    return status === 200;
  } catch {
    return false;
  }
}

await t.test('threat: who has no certificate of the right authority gets no request to a host that requires one', async (t) => {
  const site = await startSite(t);
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    t.notOk(await getsIn(site, 'closed.test', { maxVersion }));
    t.notOk(await getsIn(site, 'closed.test', { maxVersion, ...mallory }));
    t.ok(await getsIn(site, 'closed.test', { maxVersion, ...alice }));
    t.ok(await getsIn(site, 'public.test', { maxVersion }));
  }
  t.equal(site.upstream.seen.length, 4);
});

await t.test('threat: a connection made for one host carries no request to another that asks for certificates: 421', async (t) => {
  const site = await startSite(t);
  const client = await connect(site, 'public.test');
  for (const host of ['closed.test', 'CLOSED.test', 'closed.test.', 'closed.test:443', 'open.test']) t.equal(await statusFor(client, host), 421, host);
  t.equal(await statusFor(client, 'public.test'), 200, 'its own host goes on');
  client.destroy();
  const wrongRule = await connect(site, 'open.test');
  t.equal(await statusFor(wrongRule, 'closed.test'), 421, 'nor does one of another rule');
  wrongRule.destroy();
  const session = connectHttp2(`https://127.0.0.1:${site.gateway.httpsPort}`, { servername: 'public.test', ca: root.cert });
  t.teardown(() => session.destroy());
  t.equal((await requestH2(session, { ':path': '/', ':authority': 'closed.test' })).status, 421, 'HTTP/2 connections are shared by browsers');
  t.equal((await requestH2(session, { ':path': '/', ':authority': 'public.test' })).status, 200);
  t.ok(site.upstream.seen.every(({ headers }) => headers.some(([name, value]) => name === 'Host' && value === 'public.test')));
});

await t.test('threat: over plain HTTP nobody can show a certificate, so nobody gets in', async (t) => {
  const site = await startSite(t);
  const client = await RawClient.connect({ port: site.gateway.httpPort });
  t.equal(await statusFor(client, 'both.test'), 403);
  t.equal(await statusFor(client, 'both.test', 'X-Forwarded-Proto: https\r\nX-Client-Verify: SUCCESS\r\n'), 403);
  t.equal(await statusFor(client, 'closed.test'), 308);
  client.destroy();
  t.equal(site.upstream.seen.length, 0);
});

await t.test('threat: what an upstream is told of the client comes from us alone, on every route', async (t) => {
  const site = await startSite(t);
  const forged = 'X-Client-Verify: SUCCESS\r\nX_Client_Verify: SUCCESS\r\nx-client-cert_subject: CN=admin\r\nX-CLIENT-CERT-SAN: DNS:admin\r\nX-Client-Cert-Fingerprint: 00\r\nConnection: X-Client-Verify, X-Client-Cert-Subject\r\n';
  for (const [host, identity] of [['public.test', {}], ['open.test', {}], ['open.test', alice], ['closed.test', alice]] as const) {
    const client = await connect(site, host, { ...identity });
    t.equal(await statusFor(client, host, forged), 200);
    client.destroy();
  }
  const told = site.upstream.seen.map(({ headers }) => Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value] as const).filter(([name]) => /^x[-_]client[-_](?:verify|cert)/.test(name))));
  const known = { 'x-client-verify': 'SUCCESS', 'x-client-cert-subject': 'CN=alice', 'x-client-cert-san': 'email:alice@acme.test', 'x-client-cert-fingerprint': /^[0-9a-f]{64}$/ };
  t.strictSame(told.slice(0, 2), [{}, { 'x-client-verify': 'NONE' }]);
  t.match(told.slice(2), [known, known]);
  const wrong = await connect(site, 'open.test', { ...mallory });
  t.equal(await statusFor(wrong, 'open.test'), 403, 'a certificate of somebody else is not as good as none');
  wrong.destroy();
  t.equal(site.upstream.seen.length, 4);
});

await t.test('threat: a session of a host without rules opens no host with rules, whichever worker is met (CVE-2025-23419)', async (t) => {
  const site = await startSite(t, { workers: 2 });
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const client = await connect(site, 'public.test', { maxVersion });
    t.equal(await statusFor(client, 'public.test'), 200);
    const session = (client.socket as tls.TLSSocket).getSession();
    client.destroy();
    t.ok(session);
    t.ok(await getsIn(site, 'public.test', { maxVersion, session }));
    for (let i = 0; i < 6; i += 1) t.notOk(await getsIn(site, 'closed.test', { maxVersion, session }));
  }
});

await t.test('threat: a rule that is changed counts at once, on connections from before too', async (t) => {
  const site = await startSite(t);
  const [before, open] = [await connect(site, 'closed.test', { ...alice }), await connect(site, 'public.test')];
  t.strictSame([await statusFor(before, 'closed.test'), await statusFor(open, 'public.test')], [200, 200]);
  writeFileSync(join(site.dir, 'list.pem'), await staff.crl(['01']));
  site.gateway.write(site.yaml(`{ hosts: closed.test, ca: ${site.dir}/staff.pem, crl: ${site.dir}/list.pem }, { hosts: public.test, ca: ${site.dir}/staff.pem }`));
  t.match(await site.gateway.plane.reload(), { ok: true });
  const statuses = await Promise.all([statusFor(before, 'closed.test'), statusFor(open, 'public.test')].map(async (status) => status.catch(() => 'closed')));
  for (const status of statuses) t.ok(status === 421 || status === 'closed', `${status}`);
  t.notOk(await getsIn(site, 'closed.test', { ...alice }), 'the certificate is revoked now');
  t.notOk(await getsIn(site, 'public.test'));
  t.ok(await getsIn(site, 'public.test', { ...alice }), 'there the list is not looked at');
});

await t.test('threat: an authority that is missing closes, and never opens (CVE-2026-27586)', async (t) => {
  const site = await startSite(t);
  const broken = site.yaml(`{ hosts: closed.test, ca: ${site.dir}/gone.pem }`);
  site.gateway.write(broken);
  t.match(await site.gateway.plane.reload(), { ok: false, reason: 'invalid' });
  t.notOk(await getsIn(site, 'closed.test'), 'the old rule goes on');
  t.ok(await getsIn(site, 'closed.test', { ...alice }));
  const file = join(site.dir, 'broken.yaml');
  writeFileSync(file, `listen: { http: "127.0.0.1:0", https: "127.0.0.1:0", admin: off }\n${broken}`);
  const { code, err } = await sluice(['run', '-c', file]);
  t.equal(code, 2, 'and nothing is started with it');
  t.match(err, 'there is no such file');
});

await t.test('threat: garbage where the server name belongs harms nobody', async (t) => {
  const site = await startSite(t);
  const names = ['q'.repeat(255), 'a..b', '.', '*', '*.test', 'closed.test\u0000.public.test', 'x'.repeat(64), '-', '[::1]', 'xn--', '%00', '../closed.test', 'closed.test,public.test'];
  for (const servername of names) {
    const socket = tls.connect({ host: '127.0.0.1', port: site.gateway.httpsPort, servername, rejectUnauthorized: false });
    socket.on('error', () => socket.destroy());
    socket.write('GET / HTTP/1.1\r\nHost: closed.test\r\nConnection: close\r\n\r\n');
    let text = '';
    socket.on('data', (chunk: Buffer) => { text += chunk.toString('latin1'); });
    await new Promise((resolve) => { socket.once('close', resolve); });
    t.match(text, /^(?:HTTP\/1\.1 421 [^]*)?$/, JSON.stringify(servername.slice(0, 30)));
  }
  t.ok(await getsIn(site, 'public.test'));
  t.equal(site.upstream.seen.length, 1);
});

await t.test('20 certificates in turn under load: no handshake and no request fails, and the new one is shown', async (t) => {
  const site = await startSite(t, { workers: 2 });
  const load = { done: false, requests: 0 };
  const failures: string[] = [];
  const serials = new Set<string>();
  const clients = Array.from({ length: 4 }, async (_, nth) => {
    while (!load.done) {
      try {
        const closed = nth % 2 === 0;
        const client = await connect(site, closed ? 'closed.test' : 'public.test', closed ? { ...alice } : {});
        serials.add((client.socket as tls.TLSSocket).getPeerX509Certificate()?.serialNumber ?? '');
        for (let i = 0; i < 3; i += 1) {
          const status = await statusFor(client, closed ? 'closed.test' : 'public.test');
          if (status !== 200) failures.push(String(status));
          load.requests += 1;
        }
        client.destroy();
      } catch (error) {
        failures.push(String(error));
      }
    }
  });
  for (let i = 0; i < 20; i += 1) {
    const [enough, seen] = [load.requests + 8, serials.size];
    await site.renew();
    const { ok } = await site.gateway.plane.reload();
    if (!ok) failures.push('reload refused');
    await eventually(() => (load.requests >= enough && serials.size > seen) || failures.length > 0, 20_000);
  }
  load.done = true;
  await Promise.all(clients);
  t.strictSame(failures, []);
  t.ok(serials.size >= 20, `${serials.size} certificates were seen in ${load.requests} requests`);
});

await t.test('openssl: no version before 1.2, the whole chain, and a verified certificate', async (t) => {
  const openssl = requireService(t, 'openssl');
  if (openssl === null) return;
  const site = await startSite(t);
  writeFileSync(join(site.dir, 'root.pem'), root.cert);
  const ask = async (...options: string[]): Promise<string> => {
    const args = ['s_client', '-connect', `127.0.0.1:${site.gateway.httpsPort}`, '-servername', 'public.test', '-CAfile', join(site.dir, 'root.pem'), '-verify_hostname', 'public.test', ...options];
    const child = run(openssl, args, { timeout: 10_000 });
    child.child.stdin?.end();
    return child.then(({ stdout, stderr }) => stdout + stderr, (error: { stdout: string; stderr: string }) => error.stdout + error.stderr);
  };
  for (const version of ['-tls1', '-tls1_1']) t.match(await ask(version, '-cipher', 'ALL:@SECLEVEL=0'), /alert protocol version|unsupported protocol|no protocols available/, version);
  for (const [version, name] of [['-tls1_2', 'TLSv1.2'], ['-tls1_3', 'TLSv1.3']] as const) {
    const text = await ask(version, '-showcerts');
    t.match(text, `New, ${name}`);
    t.match(text, 'Verification: OK');
    t.equal(text.match(/-----BEGIN CERTIFICATE-----/g)?.length, 2, 'leaf and who signed it');
  }
  t.match(await ask('-alpn', 'h2,http/1.1'), 'ALPN protocol: h2');
  t.notMatch(await ask(), 'Acceptable client certificate CA names', 'this host asks nobody');
});

await t.test('sslscan: only 1.2 and 1.3, no weak cipher, no renegotiation by the client', async (t) => {
  const sslscan = requireService(t, 'sslscan');
  if (sslscan === null) return;
  const site = await startSite(t);
  const { stdout } = await run(sslscan, ['--no-colour', '--xml=-', '--sni-name=public.test', `127.0.0.1:${site.gateway.httpsPort}`], { timeout: 14_000 });
  const enabled = [...stdout.matchAll(/<protocol type="(\w+)" version="([\d.]+)" enabled="1"/g)].map(([, type = '', version = '']) => `${type} ${version}`);
  t.strictSame(enabled.toSorted(), ['tls 1.2', 'tls 1.3']);
  const ciphers = [...stdout.matchAll(/<cipher [^>]*bits="(\d+)" cipher="([^"]+)"/g)];
  t.ok(ciphers.length >= 5, `${ciphers.length} ciphers`);
  for (const [, bits = '', cipher = ''] of ciphers) t.ok(Number(bits) >= 128 && /^TLS_(?:AES|CHACHA20)|^ECDHE-.*(?:GCM|POLY1305)/.test(cipher), cipher);
  t.match(stdout, /<renegotiation supported="0"/);
  t.notMatch(stdout, /vulnerable="1"/);
});
