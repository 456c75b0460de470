import t from 'tap';
import { OneAtATime } from '../../src/lib/one-at-a-time.ts';

await t.test('work runs in the order it was given, never two at once, and a failure stops nobody', async (t) => {
  const turns = new OneAtATime();
  const seen: string[] = [];
  const first = Promise.withResolvers<void>();
  const one = turns.run(async () => {
    seen.push('one begins');
    await first.promise;
    seen.push('one ends');
    return 1;
  });
  const two = turns.run(async () => {
    seen.push('two');
    throw new Error('two fails');
  });
  const three = turns.run(async () => seen.push('three'));
  await Promise.resolve();
  first.resolve();
  t.equal(await one, 1);
  await t.rejects(two, { message: 'two fails' });
  await three;
  await turns.idle;
  t.strictSame(seen, ['one begins', 'one ends', 'two', 'three']);
});
