import t from 'tap';
import { closed, count, offOr, oneOrMore, text } from '../../../src/config/schema/value.ts';

await t.test('every kind of value says what it expects', async (t) => {
  t.match(text('duration', { description: 'd' }), { type: 'string', text: 'duration', expects: /500ms/ });
  t.match(count({ minimum: 1, maximum: 5, description: 'd' }), { type: 'integer', expects: 'a whole number from 1 to 5' });
});

await t.test('a list instead of one value is bounded and not empty', async (t) => {
  const schema = oneOrMore(text('host', { description: 'd' }), 'a host', { description: 'd' }, 7);
  t.match(schema.anyOf[1], { type: 'array', minItems: 1, maxItems: 7 });
});

await t.test('a set of options that can be turned off has the word for it', async (t) => {
  const schema = offOr(text('host', { description: 'd' }), { description: 'd', expects: 'x', default: 'off' });
  t.match(schema, { anyOf: [{ enum: ['off'] }, { type: 'string' }], default: 'off', expects: 'x' });
});

await t.test('a set of options is closed', async (t) => {
  t.strictSame(closed, { additionalProperties: false });
});
