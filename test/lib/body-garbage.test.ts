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

await t.test('memory that a piece has for itself goes back at once, without the collector', async (t) => {
  const collected: string[] = [];
  const garbage = new BodyGarbage(({ type }) => collected.push(type));
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 256; i += 1) garbage.free(Buffer.allocUnsafeSlow(MIB));
  t.ok(process.memoryUsage().arrayBuffers - before < 16 * MIB);
  t.strictSame(collected, []);
});

await t.test('a piece that shares its memory, or is too small to matter, is left as it is and counted', async (t) => {
  const collected: string[] = [];
  const garbage = new BodyGarbage(({ type }) => collected.push(type));
  const whole = Buffer.alloc(32 * MIB, 'x');
  const part = whole.subarray(9);
  garbage.free(part);
  t.equal(part.length, 32 * MIB - 9, 'still there');
  t.equal(whole.toString('latin1', 0, 3), 'xxx');
  t.strictSame(collected, ['minor']);
  const small = Buffer.from(new ArrayBuffer(100));
  garbage.free(small);
  t.equal(small.length, 100);
});
