import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { main } from '../../src/cli/command-line.ts';
import { version } from '../../src/cli/version.ts';
import { MemoryTerminal } from '../helpers/memory-terminal.ts';
import { tempDir } from '../helpers/temp-dir.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;

async function outcome(...args: string[]): Promise<[code: number, out: string, err: string]> {
  const terminal = new MemoryTerminal();
  const code = await main(args, terminal);
  return [code, terminal.printed, terminal.complained];
}

function validFile(t: Test): string {
  const file = join(tempDir(t), 'gateway.yaml');
  writeFileSync(file, 'listen: { http: 80 }\nroutes: [{ respond: {} }]\n');
  return file;
}

await t.test('help names every command and every option, and is no error', async (t) => {
  for (const args of [['--help'], ['-h'], ['help'], ['run', '--help'], ['nonsense', '-h']]) {
    const [code, out, err] = await outcome(...args);
    t.match([code, err], [0, ''], args.join(' '));
    for (const word of ['run', 'check', 'reload', 'status', 'tail', 'top', 'target', 'limits', 'log-level', 'demo', '--last', '--clear', '--config', '--help', '--version', 'SIGHUP', 'SIGTERM', 'Exit code']) t.ok(out.includes(word), word);
    t.ok(out.split('\n').every((line) => line.length <= 80), 'fits on a narrow screen');
  }
});

await t.test('the version is that of the package', async (t) => {
  const { version: expected } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  t.equal(version(), expected);
  for (const flag of ['--version', '-v']) t.strictSame(await outcome(flag), [0, `sluice ${expected}\n`, '']);
});

await t.test('a command line that is wrong exits with 2 and says what would be right', async (t) => {
  const cases: readonly (readonly [args: string[], words: string])[] = [
    [[], 'a command is missing'],
    [['relod'], 'there is no command `relod`, did you mean `reload`?'],
    [['chekc'], 'did you mean `check`?'],
    [['xyzzy'], 'there is no command `xyzzy`\n'],
    [['toString'], 'there is no command `toString`'],
    [['__proto__'], 'there is no command `__proto__`'],
    [['check', 'gateway.yaml'], '`gateway.yaml` is one word too many'],
    [['check', '--confg', 'x'], '--confg'],
    [['check', '-c'], 'argument missing'],
  ];
  for (const [args, words] of cases) {
    const [code, out, err] = await outcome(...args);
    t.match([code, out], [2, ''], args.join(' '));
    t.ok(err.includes(words), `${JSON.stringify(err)} says ${words}`);
    t.match(err, /^sluice: .*\nsluice --help lists the commands\.\n$/s);
  }
});

await t.test('the file is named by -c, by --config, before or after the command', async (t) => {
  const file = validFile(t);
  for (const args of [['check', '-c', file], ['-c', file, 'check'], ['check', `--config=${file}`]]) {
    t.match(await outcome(...args), [0, `${file} is valid: 1 route, 0 upstreams.\n`, ''], args.join(' '));
  }
});

await t.test('as a process: the exit code, standard output for answers, standard error for complaints', async (t) => {
  const run = (...args: string[]): ReturnType<typeof spawnSync> => spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', cwd: tempDir(t) });
  t.match(run('--version'), { status: 0, stdout: `sluice ${version()}\n`, stderr: '' });
  t.match(run('check', '-c', validFile(t)), { status: 0, stdout: /is valid/, stderr: '' });
  t.match(run('check'), { status: 2, stdout: '', stderr: /config\/gateway\.yaml/ }, 'the default file, from where it was started');
});

await t.test('npm start is the demo', async (t) => {
  const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { scripts: Record<string, string> };
  t.equal(scripts['start'], 'node src/main.ts demo');
});
