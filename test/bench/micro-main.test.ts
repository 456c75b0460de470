import { spawnSync } from 'node:child_process';
import path from 'node:path';
import t from 'tap';

function run(part: string): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  return spawnSync(process.execPath, [path.join(import.meta.dirname, 'micro-main.ts'), part], { encoding: 'utf8' });
}

await t.test('a part of a name chooses the files, and all that they measure stands in one table', async (t) => {
  const { status, stdout, stderr } = run('pipel');
  t.equal(status, 0, stderr);
  t.match(stdout.split('\n'), [/^file +what +a call/, /^pipeline +3 headers +\d+ [nµ]s +\d+ to \d+ [nµ]s +\d+ B$/, /^ +those of a browser +\d+ [nµ]s/, /^$/]);
});

await t.test('a name that no file has is an error', async (t) => {
  t.equal(run('no-such-bench').status, 1);
});
