import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { TLSSocket } from 'node:tls';
import t from 'tap';
import { makeCa, makePair } from '../helpers/certificates.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { startSluice } from '../helpers/sluice-process.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { eventually } from '../helpers/wait-for.ts';
import { freePort } from '../helpers/worker-plan.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const WAIT_MS = 20_000;

async function said(port: number, path_ = '/', fields = ''): Promise<string> {
  const client = await RawClient.connect({ port });
  const { status, text } = await client.write(`GET ${path_} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`).readResponse();
  client.destroy();
  return status === 200 ? text : String(status);
}

function keyLine(key: string): string {
  return `reader sha256:${createHash('sha256').update(key).digest('hex')}\n`;
}

await t.test('a running gateway takes over what changes in its files, each in its own way, without being told', async (t) => {
  const ca = await makeCa();
  const dir = tempDir(t);
  const at = (name: string): string => path.join(dir, name);
  const pairs = [await makePair(ca, ['localhost']), await makePair(ca, ['localhost'])];
  const writePair = (i: number): void => {
    writeFileSync(at('cert.pem'), pairs[i]?.cert ?? '');
    writeFileSync(at('key.pem'), pairs[i]?.key ?? '', { mode: 0o600 });
  };
  const keys = ['sluice_first_0123456789abcdefghijklmn', 'sluice_other_0123456789abcdefghijklmn'] as const;
  writePair(0);
  writeFileSync(at('keys.txt'), keyLine(keys[0]));
  writeFileSync(at('secret'), 'hush');
  writeFileSync(at('page.html'), 'page');
  const [http, https, admin] = [await freePort(), await freePort(), await freePort()];
  const yaml = (body: string): string => `
listen: { http: "127.0.0.1:${http}", https: "127.0.0.1:${https}", admin: ${admin} }
log: { level: info }
reload: { watch: true }
tls: { certificates: [{ cert: "${at('cert.pem')}", key: "${at('key.pem')}" }] }
defaults: { https: both }
routes:
  - { respond: { body: "${body}" } }
  - { path: /secret, respond: { body: "file:${at('secret')}" } }
  - { path: /page, respond: { file: "${at('page.html')}" } }
  - { path: /keys, respond: { body: in }, apiKey: { file: "${at('keys.txt')}" } }`;
  const sluice = await startSluice(t, yaml('first'));
  const generation = async (): Promise<number> => {
    const { generation: number } = await (await fetch(`http://127.0.0.1:${admin}/health`)).json() as { generation: number };
    return number;
  };
  const becomes = async (read: () => Promise<string>, wanted: string): Promise<void> => {
    await eventually(async () => await read() === wanted, WAIT_MS);
  };

  sluice.write(yaml('in place'));
  await becomes(async () => said(http), 'in place');
  writeFileSync(`${sluice.file}~`, readFileSync(sluice.file, 'utf8').replace('in place', 'renamed'));
  renameSync(`${sluice.file}~`, sluice.file);
  await becomes(async () => said(http), 'renamed');
  writeFileSync(at('secret'), 'louder');
  await becomes(async () => said(http, '/secret'), 'louder');
  writeFileSync(at('page.html'), 'next page');
  await becomes(async () => said(http, '/page'), 'next page');
  t.equal(await generation(), 5, 'a generation for each');

  const serial = async (): Promise<string> => {
    const client = await RawClient.connect({ port: https, tls: true });
    const { serialNumber } = (client.socket as TLSSocket).getPeerCertificate();
    client.destroy();
    return serialNumber;
  };
  const before = await serial();
  writePair(1);
  await eventually(async () => await serial() !== before, WAIT_MS);
  const held = (i: 0 | 1): Promise<string> => said(http, '/keys', `X-API-Key: ${keys[i]}\r\n`);
  t.strictSame([await held(0), await held(1)], ['in', '401']);
  writeFileSync(at('keys.txt'), keyLine(keys[1]));
  await becomes(async () => held(1), 'in');
  t.equal(await held(0), '401');
  utimesSync(sluice.file, 1, 1);

  const metrics = async (): Promise<string> => (await fetch(`http://127.0.0.1:${admin}/metrics`)).text();
  rmSync(sluice.file);
  await eventually(() => sluice.output().includes('there is no such file'), WAIT_MS);
  t.match(await metrics(), /^sluice_config_last_reload_successful 0$/m);
  t.equal(await generation(), 5, 'certificates and API keys need none, and a touch is none');
  sluice.write(yaml('back'));
  await becomes(async () => said(http), 'back');
  t.match(await metrics(), /^sluice_config_last_reload_successful 1$/m);
  t.equal(sluice.output().split('reload refused').length - 1, 1, 'said once');
});

await t.test('a ConfigMap of Kubernetes that is published anew is taken over, directory of files or not', async (t) => {
  const dir = tempDir(t);
  const http = await freePort();
  const publish = (version: string): void => {
    const folder = path.join(dir, `..${version}`);
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'a.yaml'), `listen: { http: "127.0.0.1:${http}", admin: off }\naccessLog: off\n`);
    writeFileSync(path.join(folder, 'b.yaml'), `routes: [{ respond: { body: ${version} } }]\n`);
    symlinkSync(`..${version}`, path.join(dir, '..tmp'));
    renameSync(path.join(dir, '..tmp'), path.join(dir, '..data'));
  };
  publish('v1');
  for (const name of ['a.yaml', 'b.yaml']) symlinkSync(`..data/${name}`, path.join(dir, name));
  const child = spawn(process.execPath, [MAIN, 'run', '-c', dir], { stdio: 'ignore' });
  t.teardown(async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  for (const version of ['v1', 'v2', 'v3']) {
    if (version !== 'v1') publish(version);
    await eventually(async () => await said(http) === version, WAIT_MS);
    t.pass(version);
  }
});

/** A mount in a namespace of its own, which ends with the process. */
const MOUNT = 'mount --bind "$1" "$2" && shift 2 && exec "$@"';
const canMount = spawnSync('unshare', ['-m', 'true']).status === 0;

await t.test('a single file that is mounted into a container is taken over when it is written in place', { skip: canMount ? false : 'mounts need a privilege' }, async (t) => {
  const dir = tempDir(t);
  const [outside, inside] = [path.join(dir, 'outside.yaml'), path.join(dir, 'container/gateway.yaml')];
  const http = await freePort();
  const write = (body: string): void => writeFileSync(outside, `listen: { http: "127.0.0.1:${http}", admin: off }\naccessLog: off\nroutes: [{ respond: { body: ${body} } }]\n`);
  write('first');
  mkdirSync(path.dirname(inside));
  writeFileSync(inside, '');
  const child = spawn('unshare', ['-m', 'sh', '-c', MOUNT, 'sh', outside, inside, process.execPath, MAIN, 'run', '-c', inside], { stdio: 'ignore' });
  t.teardown(async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  for (const body of ['first', 'second', 'third']) {
    if (body !== 'first') write(body);
    await eventually(async () => await said(http) === body, WAIT_MS);
    t.pass(body);
  }
});
