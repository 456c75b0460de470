import t from 'tap';
import { Type } from 'typebox';
import { withDefaults } from '../../../src/config/schema/defaults.ts';

const schema = Type.Object({ a: Type.Integer({ default: 1 }), b: Type.Integer({ default: 2 }), c: Type.Integer({ default: 3 }), d: Type.Optional(Type.Integer()) });

await t.test('the first layer that has a key decides, then the default of the schema', async (t) => {
  t.strictSame(withDefaults(schema, { a: 10 }, undefined, { a: 20, b: 20 }), { a: 10, b: 20, c: 3, d: undefined });
  t.strictSame(withDefaults(schema), { a: 1, b: 2, c: 3, d: undefined });
});

await t.test('a value that is false or 0 counts as given', async (t) => {
  t.equal(withDefaults(schema, { a: 0 }).a, 0);
});
