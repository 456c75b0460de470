import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { requireService } from '../helpers/service.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { eventually } from '../helpers/wait-for.ts';
import { freePort } from '../helpers/worker-plan.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;

await t.test('as the first process of a container it hears its signals, and does not hand over what would end with it', async (t) => {
  const unshare = requireService(t, 'unshare');
  if (unshare === null) return;
  if (spawnSync(unshare, ['--pid', '--fork', 'true']).status !== 0) {
    t.plan(0, 'a namespace of processes needs root');
    return;
  }
  const port = await freePort();
  const file = path.join(tempDir(t), 'gateway.yaml');
  writeFileSync(file, `listen: { http: "127.0.0.1:${port}", admin: off }\naccessLog: off\nlog: { level: info }\nroutes: [{ respond: { body: well } }]`);
  const child = spawn(unshare, ['--pid', '--fork', '--mount-proc', '--kill-child', process.execPath, MAIN, 'run', '-c', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  t.teardown(() => child.kill('SIGKILL'));
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { text += chunk.toString(); });
  await eventually(() => text.includes('Sluice is up'), 20_000);
  const [first = ''] = spawnSync('pgrep', ['-P', String(child.pid)], { encoding: 'utf8' }).stdout.split('\n');
  process.kill(Number(first), 'SIGUSR2');
  await eventually(() => text.includes('no hand-over'), 20_000);
  t.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), 'well');
  const exited = once(child, 'exit');
  process.kill(Number(first), 'SIGTERM');
  t.strictSame(await exited, [0, null]);
  t.match(text, '"message":"stopped"');
});
