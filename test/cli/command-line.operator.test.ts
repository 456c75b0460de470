import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import t, { type Test } from 'tap';
import { commandOutcome } from '../helpers/admin-file.ts';
import { portOf } from '../helpers/handshake.ts';
import { type Outcome, sluice, startSluice, type SluiceProcess } from '../helpers/sluice-process.ts';
import { eventually } from '../helpers/wait-for.ts';
import { freePort } from '../helpers/worker-plan.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const WAIT_MS = 30_000;

interface Command {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
}

/** A command that goes on until it is ended. */
function start(t: Test, command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Command {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => { out += chunk.toString(); });
  child.stderr.on('data', (chunk: Buffer) => { err += chunk.toString(); });
  t.teardown(() => child.kill('SIGKILL'));
  return { child, out: () => out, err: () => err };
}

async function codeOf({ child }: Command): Promise<number | string> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode ?? child.signalCode ?? '';
}

const [adminPort, deadPort] = [await freePort(), await freePort()];
const app = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1');
t.teardown(() => {
  app.closeAllConnections();
  app.close();
});
await once(app, 'listening');
const TARGET = `127.0.0.1:${portOf(app)}`;
const YAML = `
listen: { http: "127.0.0.1:0", admin: "127.0.0.1:${adminPort}" }
workers: 2
upstreams: { app: ["${TARGET}"], dead: ["127.0.0.1:${deadPort}"] }
routes:
  - { path: /app, upstream: app }
  - { path: /dead, upstream: dead }
  - { path: /limited, rateLimit: 10/hour, respond: { body: hi } }
`;
let gateway: SluiceProcess = await startSluice(t, YAML);
const ask = async (path: string): Promise<number> => (await fetch(`http://127.0.0.1:${gateway.httpPort}${path}`)).status;
/** In this process, which is much quicker than another one for each. */
const run = async (...args: string[]): Promise<Outcome> => {
  const [code, out, err] = await commandOutcome([...args, '-c', gateway.file]);
  return { code, out, err };
};

await t.test('status, top, target, limits and log-level ask and change what runs', async (t) => {
  for (let i = 0; i < 3; i++) t.strictSame([await ask('/app'), await ask('/dead'), await ask('/limited')], [200, 503, 200]);
  await eventually(async () => /^\/limited +\d/m.test((await run('top')).out), WAIT_MS);
  const [status, json, top] = await Promise.all([sluice(['status', '-c', gateway.file]), run('status', '--json'), run('top')]);
  t.match(status, { code: 0, err: '' });
  for (const words of [/^Sluice \S+ is ready: generation 1, .*, 2 of 2 workers ready, 3 routes$/m, new RegExp(`admin 127\\.0\\.0\\.1:${adminPort}`), new RegExp(`^app +${TARGET} +up `, 'm'), /^\/dead +\d+\.\d +100 % /m, /503 +(upstream_connect_failed|no_healthy_target) +\/dead /m]) t.match(status.out, words);
  t.match(JSON.parse(json.out), { ready: true, health: { generation: 1 }, lastMinute: { requests: 9, errors: 3 } });
  t.match(top, { code: 0, out: /^ROUTE [^]*^UPSTREAM /m, err: '' });

  const [drained, limits] = await Promise.all([run('target', 'drain', 'app', TARGET), run('limits', '127.0.0.1')]);
  t.match(drained, { code: 0, out: new RegExp(`^app +${TARGET} +draining +0$`, 'm'), err: '' });
  t.match(limits, { code: 0, out: /^\S+ +10\/hour +7 +now$/m, err: '' });
  t.equal(await ask('/app'), 503);
  const [up, cleared, level] = await Promise.all([run('target', 'up', 'app', TARGET), run('limits', '127.0.0.1', '--clear'), run('log-level', 'debug')]);
  t.match([up.code, cleared, level], [0, { out: /^127\.0\.0\.1 begins anew: / }, { out: /^The log level is debug/ }]);
  const [after, now] = await Promise.all([run('limits', '127.0.0.1'), run('log-level')]);
  t.match([after.out, now.out, await ask('/app')], [/^Nothing is counted of 127\.0\.0\.1/, 'debug\n', 200]);
});

await t.test('top leaves the terminal as it was', async (t) => {
  if (!String(spawnSync('script', ['--version']).stdout).includes('util-linux')) {
    t.plan(0, 'the program script of util-linux is not here, which lends a terminal');
    return;
  }
  const line = [process.execPath, MAIN, 'top', '-c', gateway.file].map((word) => `'${word}'`).join(' ');
  const command = start(t, 'script', ['-qefc', `before=$(stty -g); ${line}; echo "code $?"; test "$before" = "$(stty -g)" && echo same`, '/dev/null'], { TERM: 'xterm' });
  await eventually(() => command.out().includes('UPSTREAM'), WAIT_MS);
  command.child.stdin?.write('q');
  t.equal(await codeOf(command), 0);
  const [before, after] = command.out().split('\u001b[?1049l');
  t.ok(before?.includes('\u001b[?1049h\u001b[?25l'), 'the alternate screen, without a cursor');
  t.ok(before?.endsWith('\u001b[?25h'), 'the cursor is back');
  t.equal(after, 'code 0\r\nsame\r\n');
});

await t.test('tail shows requests as they end, lives through a restart, and ends at once when it is told to', async (t) => {
  const args = [MAIN, 'tail', '-c', gateway.file, '--last', '0'];
  const [all, dead, ended] = [start(t, process.execPath, args), start(t, process.execPath, [...args, '--status', '5xx', '--json']), start(t, process.execPath, args)];
  await eventually(async () => {
    await ask('/app');
    await ask('/dead');
    return all.out().includes('  200  ') && [dead, ended].every(({ out }) => out() !== '');
  }, WAIT_MS);
  t.match(all.out(), new RegExp(`^\\d\\d:\\d\\d:\\d\\d {2}200 {2}GET {3}127\\.0\\.0\\.1/app {2}/app {2}${TARGET} {2}[\\d.]+ m?s {2}- {2}\\S+$`, 'm'));
  t.strictSame(dead.out().trim().split('\n').filter((line) => (JSON.parse(line) as { status: number }).status !== 503), []);

  // Nobody reads any more; that is found out by the next request.
  ended.child.stdout?.destroy();
  await eventually(async () => {
    await ask('/app');
    return ended.child.exitCode !== null;
  }, WAIT_MS);
  t.strictSame([ended.child.exitCode, ended.err()], [0, '']);

  gateway.child.kill('SIGTERM');
  await gateway.ended();
  await eventually(() => all.err().includes(`the connection to 127.0.0.1:${adminPort} is lost`), WAIT_MS);
  t.match(await run('status'), { code: 1, out: '', err: new RegExp(`^sluice: no Sluice answers at 127\\.0\\.0\\.1:${adminPort}\nIs it running[^]*listen\\.admin[^]*SLUICE_ADMIN_TOKEN`) });
  gateway = await startSluice(t, YAML);
  await eventually(() => all.err().includes('again'), WAIT_MS);
  const before = all.out().length;
  await eventually(async () => {
    await ask('/app');
    return all.out().length > before;
  }, WAIT_MS);
  for (const command of [all, dead]) command.child.kill('SIGINT');
  t.strictSame([await codeOf(all), await codeOf(dead)], [0, 0]);
});
