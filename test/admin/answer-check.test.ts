import t from 'tap';
import { hasMembers, isListOf } from '../../src/admin/answer-check.ts';

interface Sample {
  readonly name: string;
  readonly counts: readonly number[];
  readonly part: object;
}

const KINDS = { name: 'string', counts: 'array', part: 'object' } as const;
const RIGHT = { name: '', counts: [], part: {} };

await t.test('an answer is known by its members, and may have more', async (t) => {
  t.ok(hasMembers<Sample>(RIGHT, KINDS));
  t.ok(hasMembers<Sample>({ ...RIGHT, later: 1 }, KINDS));
  const wrong: unknown[] = [null, 'x', [], {}, { ...RIGHT, name: 1 }, { ...RIGHT, counts: {} }, { ...RIGHT, part: null }];
  t.strictSame(wrong.filter((value) => hasMembers<Sample>(value, KINDS)), []);
});

await t.test('a list has them in each item', async (t) => {
  t.ok(isListOf<Sample>([], KINDS));
  t.ok(isListOf<Sample>([RIGHT, RIGHT], KINDS));
  t.notOk(isListOf<Sample>([RIGHT, 1], KINDS));
  t.notOk(isListOf<Sample>({ 0: RIGHT }, KINDS));
});
