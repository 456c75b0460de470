import t from 'tap';
import { isWhole } from '../../../src/policy/compress/compression.ts';

await t.test('what is short and known to be so waits until it is whole; an event stream never does', async (t) => {
  const cases: readonly (readonly [bytes: number, isLive: boolean, whole: boolean])[] = [
    [0, false, true], [16_384, false, true], [16_385, false, false], [-1, false, false], [100, true, false], [-1, true, false],
  ];
  for (const [bytes, isLive, whole] of cases) t.equal(isWhole({ bytes, isLive }), whole, `${bytes} ${isLive}`);
});
