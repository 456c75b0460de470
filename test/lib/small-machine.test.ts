import t from 'tap';
import { fitSmallMachine } from '../../src/lib/small-machine.ts';

function flagsFor(limitBytes: number): string[] {
  const flags: string[] = [];
  fitSmallMachine(limitBytes, (flag) => flags.push(flag));
  return flags;
}

await t.test('heaps are kept small where memory is bounded to half a gigabyte or less, and left alone elsewhere', async (t) => {
  for (const limit of [0, 2 ** 64, 1024 ** 3]) t.strictSame(flagsFor(limit), []);
  t.ok(flagsFor(128 * 1024 ** 2).includes('--max-semi-space-size=1'));
});
