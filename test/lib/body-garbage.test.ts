import t from 'tap';
import { BodyGarbage } from '../../src/lib/body-garbage.ts';

const MIB = 1024 * 1024;

await t.test('the young generation is collected once for every 16 MiB of bodies, not for every request', async (t) => {
  const collected: string[] = [];
  const garbage = new BodyGarbage(({ type }) => collected.push(type));
  for (let i = 0; i < 15; i += 1) garbage.add(MIB);
  t.strictSame(collected, []);
  garbage.add(MIB);
  t.strictSame(collected, ['minor']);
  for (let i = 0; i < 32; i += 1) garbage.add(MIB);
  t.strictSame(collected, ['minor', 'minor', 'minor']);
});

await t.test("this runtime's collector can be asked without a flag on the command line", async (t) => {
  const garbage = new BodyGarbage();
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 64; i += 1) {
    Buffer.alloc(MIB);
    garbage.add(MIB);
  }
  t.ok(process.memoryUsage().arrayBuffers - before < 48 * MIB, 'buffers that nobody holds are given back');
});
