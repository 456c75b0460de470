import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { RawClient } from '../helpers/raw-client.ts';
import { sluice, startSluice } from '../helpers/sluice-process.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { startRawUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';
import { freePort } from '../helpers/worker-plan.ts';

const NOBODY = 65_534;

function fileOf(t: Test, yaml: string): string {
  const dir = tempDir(t);
  // The test of a user without rights reads it too.
  chmodSync(dir, 0o755);
  const file = join(dir, 'gateway.yaml');
  writeFileSync(file, `accessLog: off\nlog: { level: error }\n${yaml}`);
  return file;
}

/** The least port that is for everybody. */
function unprivilegedStart(): number {
  const file = '/proc/sys/net/ipv4/ip_unprivileged_port_start';
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : 1024;
}

await t.test('what stands in the way of a start is said in one line, with exit code 1', async (t) => {
  const squatter = await startRawUpstream((socket) => socket.destroy());
  t.teardown(async () => squatter.close());
  const port = await freePort();
  const cases: readonly (readonly [listen: string, words: RegExp])[] = [
    [`{ http: "${squatter.target}", admin: off }`, new RegExp(`^sluice: http port ${squatter.target} is in use by another program\n$`)],
    [`{ http: "127.0.0.1:${port}", admin: ${squatter.port} }`, new RegExp(`^sluice: The admin address ${squatter.target} is in use`)],
    ['{ http: "192.0.2.1:80", admin: off }', /^sluice: http port 192\.0\.2\.1:80: this machine has no such address\n$/],
    [`{ http: "127.0.0.1:${port}", admin: "0.0.0.0:0" }`, /^sluice: The admin server does not listen on 0\.0\.0\.0:0 without a token/],
  ];
  for (const [listen, words] of cases) {
    t.match(await sluice(['run', '-c', fileOf(t, `listen: ${listen}\nroutes: [{ respond: {} }]`)]), { code: 1, out: '', err: words }, listen);
  }
});

await t.test('certificates that cannot be used stop the start', async (t) => {
  const file = fileOf(t, 'listen: { https: "127.0.0.1:0", admin: off }\ntls: { certificates: [{ cert: nowhere.pem, key: nowhere.key }] }\nroutes: [{ respond: {} }]');
  const { code, err } = await sluice(['run', '-c', file]);
  t.equal(code, 1);
  t.match(err, /^sluice: [^]*nowhere\.pem/);
  t.notMatch(err, /\n\s+at /, 'no stack');
});

await t.test('a port that needs a privilege is refused in words', async (t) => {
  const start = unprivilegedStart();
  if (start <= 1) {
    t.plan(0, 'every port is for everybody on this machine');
    return;
  }
  const file = fileOf(t, `listen: { http: "127.0.0.1:${start - 1}", admin: off }\nroutes: [{ respond: {} }]`);
  const { code, err } = await sluice(['run', '-c', file], process.getuid?.() === 0 ? { user: NOBODY } : {});
  t.equal(code, 1);
  t.match(err, `sluice: http port 127.0.0.1:${start - 1} needs a privilege: ports below 1024 are root's`);
});

await t.test('a configuration with errors exits with 2 before any port is touched', async (t) => {
  const port = await freePort();
  const { code, out, err } = await sluice(['run', '-c', fileOf(t, `listen: { http: "127.0.0.1:${port}" }\nroutes: [{ respnd: {} }]`)]);
  t.match([code, out], [2, '']);
  t.match(err, 'respnd');
});

await t.test('it says what runs, answers, and ends with 0 at SIGTERM and at SIGINT', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const process = await startSluice(t, 'log: { level: info }\nroutes: [{ respond: { body: well } }]');
    const client = await RawClient.connect({ port: process.httpPort });
    t.equal((await client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n').readResponse()).text, 'well');
    const startMs = performance.now();
    process.child.kill(signal);
    t.equal(await process.ended(), 0);
    t.ok(performance.now() - startMs < 900, 'nothing was in work, so it does not wait');
    await client.closed;
    t.match(process.output(), /Sluice is up: .*gateway\.yaml\n {2}http {6}127\.0\.0\.1:\d+\n {2}routes {4}\*\/\* → answers 200\n/);
    t.match(process.output(), /shutting down: requests in flight finish[^]*"message":"stopped"/);
    t.match(process.accessLog(), [{ path: '/', status: 200 }]);
  }
});

await t.test('SIGHUP reloads; what is wrong with the new file is in the log, and the old one stays', async (t) => {
  const process = await startSluice(t, 'log: { level: info }\nroutes: [{ respond: { body: first } }]');
  const client = await RawClient.connect({ port: process.httpPort });
  const said = async (): Promise<string> => (await client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n').readResponse()).text;
  t.equal(await said(), 'first');
  process.write('log: { level: info }\nroutes: [{ respond: { body: second } }]');
  process.child.kill('SIGHUP');
  await eventually(() => process.output().includes('"message":"configuration reloaded"'), 5000);
  t.equal(await said(), 'second');
  process.write('routes: [{ respnd: {} }]');
  process.child.kill('SIGHUP');
  await eventually(() => /reload refused, the old configuration stays/.test(process.output()) && process.output().includes('respnd'), 5000);
  process.write('workers: 2\nroutes: [{ respond: {} }]');
  process.child.kill('SIGHUP');
  await eventually(() => process.output().includes('workers: 1 → 2 needs a restart'), 5000);
  t.equal(await said(), 'second');
  client.destroy();
});
