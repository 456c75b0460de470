import t from 'tap';
import { fitMachine } from '../../src/lib/machine.ts';

function flagsFor(limitBytes: number): string[] {
  const flags: string[] = [];
  fitMachine(limitBytes, (flag) => flags.push(flag));
  return flags;
}

await t.test('heaps are kept small where memory is bounded to half a gigabyte or less, and warm elsewhere', async (t) => {
  for (const limit of [0, 2 ** 64, 1024 ** 3]) t.strictSame(flagsFor(limit), ['--no-memory-reducer']);
  const small = flagsFor(128 * 1024 ** 2);
  t.ok(small.includes('--max-semi-space-size=1'));
  t.notOk(small.includes('--no-memory-reducer'));
});
