import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import t, { type Test } from 'tap';
import { eventually } from '../helpers/wait-for.ts';

const SIGNALS = new URL('../../src/cli/signals.ts', import.meta.url).href;

/** A process that does nothing but wait for its signals and say what they were. */
async function waiter(t: Test, heir = ''): Promise<{ child: ChildProcess; output: () => string }> {
  const script = `
    import { untilSignal } from '${SIGNALS}';
    const ended = untilSignal({ onReload: () => console.log('reload'), onReopen: () => console.log('reopen'), onSuccession: async () => { console.log('succession'); return process.argv[2] === 'heir'; }, onSecondEnd: (signal) => { console.log('again ' + signal); process.exit(9); } });
    console.log('waiting');
    console.log('first ' + await ended);
    if (process.argv[1] === 'linger') setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, 'linger', heir], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => { text += chunk.toString(); });
  await eventually(() => text.includes('waiting'), 5000);
  return { child, output: () => text };
}

await t.test('a process with nothing else to do waits for its signal, and hears each SIGHUP', async (t) => {
  const { child, output } = await waiter(t);
  for (let count = 1; count <= 2; count++) {
    child.kill('SIGHUP');
    await eventually(() => output().split('reload').length === count + 1);
  }
  t.equal(child.exitCode, null);
});

await t.test('SIGUSR1 is told as such, and starts no debugger', async (t) => {
  const { child, output } = await waiter(t);
  child.kill('SIGUSR1');
  await eventually(() => output().includes('reopen'));
  t.equal(child.exitCode, null);
  t.notMatch(output(), /Debugger/);
});

await t.test('a signal during the start ends it at once, also where the process is PID 1', async (t) => {
  const script = `import { endAtSignal } from '${SIGNALS}'; endAtSignal(); console.log('starting'); setInterval(() => undefined, 1000); `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  const [text] = await once(child.stdout, 'data') as [Buffer];
  t.match(String(text), 'starting');
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  t.strictSame(await exited, [143, null]);
});

await t.test('SIGUSR2 ends the wait when another process has taken over, and not before', async (t) => {
  const { child, output } = await waiter(t);
  for (let count = 1; count <= 2; count++) {
    child.kill('SIGUSR2');
    await eventually(() => output().split('succession').length === count + 1);
  }
  t.notMatch(output(), 'first');
  const other = await waiter(t, 'heir');
  other.child.kill('SIGUSR2');
  await eventually(() => other.output().includes('first SIGUSR2'));
  t.equal(other.child.exitCode, null);
});

await t.test('SIGTERM and SIGINT end alike, and a second one of either kind is told as such', async (t) => {
  for (const [first, second] of [['SIGTERM', 'SIGINT'], ['SIGINT', 'SIGTERM']] as const) {
    const { child, output } = await waiter(t);
    child.kill(first);
    await eventually(() => output().includes(`first ${first}`));
    const exited = once(child, 'exit');
    child.kill(second);
    t.strictSame(await exited, [9, null]);
    t.ok(output().includes(`again ${second}`));
  }
});
