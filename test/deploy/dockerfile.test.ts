import { spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { version } from '../../src/cli/version.ts';
import { ControlGroup } from '../helpers/cgroup.ts';
import { buildImage, isIn, sizeOf } from '../helpers/dockerfile.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { eventually } from '../helpers/wait-for.ts';
import { freePort } from '../helpers/worker-plan.ts';

const CONTEXT = new URL('../..', import.meta.url).pathname;
/** What goes in beside the base image, which brings Node. */
const ADDED_BYTES_MAX = 48 * 1024 * 1024;
/** As `mem_limit` of a small site. */
const BOUNDS = { memoryBytes: 128 * 1024 * 1024, cpuShare: 0.25 };
const NOBODY = 65_534;
/** The test runner makes every process load its own parts, also what this one starts. */
const PLAIN = ['-u', 'NODE_OPTIONS'];

await t.test('the steps of the Dockerfile make an image that runs read-only, as nobody, within its memory, and says that it is healthy', { timeout: 180_000 }, async (t) => {
  const dir = tempDir(t);
  chmodSync(dir, 0o755);
  const uid = process.getuid?.() === 0 ? NOBODY : undefined;
  const tools = { PATH: `${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}`, HOME: path.join(dir, 'home'), npm_config_cache: path.join(dir, 'home/cache') };
  mkdirSync(tools.HOME);
  chmodSync(tools.HOME, 0o777);
  const image = await buildImage({ context: CONTEXT, into: dir, env: { ...process.env, ...tools }, ...(uid !== undefined && { uid }) });

  const app = path.join(image.root, image.workdir);
  t.ok(await sizeOf(image.root) < ADDED_BYTES_MAX, `${Math.round((await sizeOf(image.root)) / 1_000_000)} MB`);
  for (const file of ['sluice/src', 'sluice/test', 'sluice/node_modules/typescript', 'sluice/node_modules/node', 'sluice/node_modules/tap']) t.notOk(isIn(image, file), file);
  for (const file of ['sluice/dist/main.js', 'sluice/package-lock.json', 'sluice/certs/README.md', 'etc/sluice/gateway.yaml']) t.ok(isIn(image, file), file);
  t.equal(image.user, 'node');
  t.match(image.labels, `org.opencontainers.image.title="sluice"`);
  t.match(readFileSync(path.join(CONTEXT, 'Dockerfile'), 'utf8'), `ARG VERSION=${version()}\n`);

  const file = path.join(image.root, 'etc/sluice/gateway.yaml');
  const [http, https, admin] = [await freePort(), await freePort(), await freePort()];
  writeFileSync(file, `workers: 1\nlisten: { http: ${http}, https: ${https}, admin: "127.0.0.1:${admin}" }\naccessLog: json\nroutes: [{ host: localhost, respond: { body: well } }]\n`);
  spawnSync('chmod', ['-R', 'a-w', app]);
  chmodSync(path.join(app, 'certs'), 0o777);
  const words = (said: readonly string[]): string[] => said.map((word) => (word === '/etc/sluice/gateway.yaml' ? file : word));
  const identity = uid === undefined ? {} : { uid, gid: uid };
  const settings = { cwd: app, env: { ...image.env, ...tools }, ...identity };
  const group = uid === undefined ? null : ControlGroup.make(`sluice-test-${process.pid}`, BOUNDS);
  if (group === null) t.comment('no control group can be made here: memory and time are not bounded');
  const enter = group === null ? 'exec' : `${group.enter} && exec setpriv --reuid ${NOBODY} --regid ${NOBODY} --clear-groups`;
  const child = spawn('sh', ['-c', `${enter} env ${PLAIN.join(' ')} "$@"`, 'sh', ...image.entrypoint, ...words(image.command)], { cwd: app, env: settings.env, stdio: ['ignore', 'pipe', 'pipe'] });
  t.teardown(async () => {
    if (child.exitCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    group?.remove();
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { text += chunk.toString(); });
  const probe = (): SpawnSyncReturns<string> => spawnSync('env', [...PLAIN, ...words(image.healthcheck)], { ...settings, encoding: 'utf8' });
  await eventually(() => child.exitCode !== null || probe().status === 0, 60_000).catch((error: unknown) => t.comment(text, error));
  t.match(probe(), { status: 0, stdout: 'ready\n' });

  const ca = path.join(app, 'certs/ca.crt');
  const curl = (): string => spawnSync('curl', ['-s', '--cacert', ca, `https://localhost:${https}/`], { encoding: 'utf8' }).stdout;
  for (let i = 0; i < 10; i += 1) t.equal(curl(), 'well');
  if (group !== null) {
    t.equal(group.kills, 0, 'it lives with the memory it has');
    t.comment(`${Math.round(group.peakBytes / 1_048_576)} MiB at its highest`);
  }
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  t.strictSame(await ended, [0, null]);
  t.equal(probe().status, 1, 'what does not run is not healthy');
});
