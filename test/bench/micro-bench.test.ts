import t from 'tap';
import { freshText, inTurn, measureMicro } from './micro-bench.ts';

await t.test('what a function returns is made, though nobody uses it', async (t) => {
  let number = 0;
  const { bytes, medianNs, lowNs, highNs } = await measureMicro(() => ({ a: number++, b: 2 }));
  // Three words of an object and two of its fields. Inlined, every other one would be left out.
  t.ok(bytes !== null && bytes >= 40 && bytes < 60, `${bytes} bytes`);
  t.ok(lowNs > 0 && lowNs <= medianNs && medianNs <= highNs, `${lowNs} to ${highNs} ns`);
});

await t.test('every call is given an input of its own', async (t) => {
  const given = new WeakSet();
  let calls = 0;
  let again = 0;
  const { medianNs } = await measureMicro((input: object) => {
    calls += 1;
    if (given.has(input)) again += 1;
    given.add(input);
  }, { input: async () => ({}), batch: 16, clock: () => calls * 1e6 });
  t.equal(again, 0);
  t.equal(medianNs, 1e6);
});

await t.test('a promise is waited for, and the figures are those of one of several', async (t) => {
  let begun = 0;
  let ended = 0;
  let together = 0;
  const run = async (): Promise<void> => {
    if (begun > ended) together += 1;
    begun += 1;
    await Promise.resolve();
    ended += 1;
  };
  const clock = (): number => ended * 1e6;
  const { medianNs, bytes } = await measureMicro(run, { batch: 1, clock });
  t.equal(medianNs, 1e6);
  t.equal(bytes, null, 'of a single call they are not known');
  t.equal((await measureMicro(run, { times: 4, batch: 8, clock })).medianNs, 250_000);
  t.equal(together, 0);
});

await t.test('items come in turn, texts are their own', async (t) => {
  const next = inTurn(['a', 'b']);
  t.strictSame([next(), next(), next()], ['a', 'b', 'a']);
  t.equal(freshText('/orders'), '/orders');
});
