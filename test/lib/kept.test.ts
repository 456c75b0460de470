import t from 'tap';
import { Kept } from '../../src/lib/kept.ts';

function thing(closed: string[], name: string): { close(): void } {
  return { close: () => void closed.push(name) };
}

await t.test('what is wished for by the same name is made once, and closed when the last one lets go', async (t) => {
  const kept = new Kept();
  const closed: string[] = [];
  const first = kept.hold('a', () => thing(closed, 'a'));
  const second = kept.hold('a', () => thing(closed, 'never made'));
  t.equal(first.value, second.value);
  await first.release();
  await first.release();
  t.strictSame(closed, [], 'to let go twice counts once');
  await second.release();
  t.strictSame(closed, ['a']);
});

await t.test('what was closed is made anew, and another name is another thing', async (t) => {
  const kept = new Kept();
  const closed: string[] = [];
  const first = kept.hold('a', () => thing(closed, 'a'));
  await first.release();
  t.not(kept.hold('a', () => thing(closed, 'a again')).value, first.value);
  t.not(kept.hold('b', () => thing(closed, 'b')).value, kept.hold('a', () => thing(closed, 'x')).value);
});
