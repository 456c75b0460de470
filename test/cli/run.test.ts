import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { sluice } from '../helpers/sluice-process.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { startRawUpstream } from '../helpers/upstream.ts';
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
  await Promise.all(cases.map(async ([listen, words]) => {
    t.match(await sluice(['run', '-c', fileOf(t, `listen: ${listen}\nroutes: [{ respond: {} }]`)]), { code: 1, out: '', err: words }, listen);
  }));
});

await t.test('certificates that cannot be used stop the start', async (t) => {
  const file = fileOf(t, 'listen: { https: "127.0.0.1:0", admin: off }\ntls: { certificates: [{ cert: gateway.yaml, key: gateway.yaml }] }\nroutes: [{ respond: {} }]');
  const { code, err } = await sluice(['run', '-c', file]);
  t.equal(code, 1);
  t.match(err, /^sluice: [^]*gateway\.yaml/);
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
