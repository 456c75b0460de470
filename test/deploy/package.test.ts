import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, globSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { version } from '../../src/cli/version.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { eventually } from '../helpers/wait-for.ts';
import { freePort } from '../helpers/worker-plan.ts';

const ROOT = new URL('../..', import.meta.url).pathname;
const run = promisify(execFile);
/** The test runner makes every process load its own parts, also what this one starts. */
const PLAIN = ['-u', 'NODE_OPTIONS'];
/** Each file costs every thread that loads it a third of a millisecond. */
const SCRIPTS_MAX = 120;
/** May be used, changed and passed on in a product, with their notices. */
const LICENCES = new Set(['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', '0BSD', 'BlueOak-1.0.0', '(BSD-3-Clause OR GPL-2.0)']);

await t.test('the package that is published installs in an empty folder, and its command runs there', async (t) => {
  const dir = tempDir(t);
  const checkout = path.join(dir, 'checkout');
  for (const name of ['package.json', 'package-lock.json', 'tsconfig.json', 'src', 'config', 'README.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md']) {
    cpSync(path.join(ROOT, name), path.join(checkout, name), { recursive: true });
  }
  symlinkSync(realpathSync(path.join(ROOT, 'node_modules')), path.join(checkout, 'node_modules'));
  const packed = execFileSync('env', [...PLAIN, 'npm', 'pack', '--silent', '--pack-destination', dir], { cwd: checkout, encoding: 'utf8' }).trim();
  t.equal(packed, `sluice-${version()}.tgz`);

  const home = path.join(dir, 'home');
  mkdirSync(home);
  writeFileSync(path.join(home, 'package.json'), '{ "private": true }');
  await run('env', [...PLAIN, 'npm', 'install', '--silent', '--no-audit', '--no-fund', '--prefer-offline', path.join(dir, packed)], { cwd: home });
  const installed = path.join(home, 'node_modules/sluice');
  t.strictSame(readdirSync(installed).filter((name) => name !== 'node_modules').toSorted(), ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'config', 'dist', 'package.json']);
  const { stdout } = await run('env', [...PLAIN, 'npx', '--no-install', 'sluice', '--version'], { cwd: home });
  t.equal(stdout, `sluice ${version()}\n`);

  const scripts = globSync('dist/**/*.js', { cwd: installed });
  t.ok(scripts.length < SCRIPTS_MAX, `its modules are put together: ${scripts.length} files`);
  const maps = globSync('dist/**/*.js.map', { cwd: installed });
  const sources = maps.flatMap((map) => (JSON.parse(readFileSync(path.join(installed, map), 'utf8')) as { sources: string[] }).sources.map((source) => path.join(checkout, map, '..', source)));
  t.ok(sources.length > scripts.length);
  t.strictSame(sources.filter((source) => !existsSync(source)), [], 'which line of the sources each of its lines was, can be found');

  const [http, admin, instance] = [await freePort(), await freePort(), await freePort()];
  writeFileSync(path.join(home, 'gateway.yaml'), `listen: { http: ${http}, admin: ${admin} }\nupstreams: { demo: ["127.0.0.1:${instance}"] }\nroutes: [{ path: /own, respond: { body: well } }, { path: "/*", upstream: demo }]\n`);
  const child = spawn('env', [...PLAIN, path.join(home, 'node_modules/.bin/sluice'), 'demo', '-c', 'gateway.yaml'], { cwd: home, stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  await eventually(async () => (await fetch(`http://127.0.0.1:${http}/own`)).ok, 30_000);
  t.match(await (await fetch(`http://127.0.0.1:${admin}/`)).text(), '<html', 'the status page has come along');
  t.match(await (await fetch(`http://127.0.0.1:${http}/`)).text(), '<html', 'so has the demo app');

  for (const file of globSync('dist/chunks/span-exporter-*.js', { cwd: installed })) rmSync(path.join(installed, file));
  writeFileSync(path.join(home, 'gateway.yaml'), `${readFileSync(path.join(home, 'gateway.yaml'), 'utf8')}traces: { endpoint: "http://127.0.0.1:1" }\n`);
  const reload = run('env', [...PLAIN, 'npx', '--no-install', 'sluice', 'reload', '-c', 'gateway.yaml'], { cwd: home });
  await t.rejects(reload, { code: 1, stderr: /^sluice: reload refused, the old configuration stays\. a part of this program is missing.*SIGUSR2/m }, 'its files were exchanged');
  t.ok((await fetch(`http://127.0.0.1:${http}/own`)).ok, 'the process goes on');
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
});

await t.test('every package that is shipped has a licence under which it may be', async (t) => {
  const lock = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')) as { packages: Record<string, { dev?: boolean; license?: string }> };
  const shipped = Object.entries(lock.packages).filter(([name, { dev }]) => name !== '' && dev !== true);
  t.ok(shipped.length > 50);
  t.strictSame(shipped.flatMap(([name, { license = 'none' }]) => (LICENCES.has(license) ? [] : [`${name}: ${license}`])), []);
});
