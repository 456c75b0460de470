import { spawnSync } from 'node:child_process';
import t from 'tap';

const TERMINAL = new URL('../../src/cli/terminal.ts', import.meta.url).href;

await t.test('the terminal of the process has its environment and both streams, and no colours where nobody looks', async (t) => {
  const script = `
    import { processTerminal as terminal, Exit } from '${TERMINAL}';
    terminal.out('to ' + terminal.env.SAMPLE);
    terminal.err('colours: ' + terminal.color);
    process.exitCode = Exit.Wrong;`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', env: { SAMPLE: 'everybody' } });
  t.strictSame([stdout, stderr, status], ['to everybody\n', 'colours: false\n', 2]);
});
