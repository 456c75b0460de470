import t from 'tap';
import { Type as TypeBox } from 'typebox';
import { Type } from '../../src/lib/schema-type.ts';

/** The same schemas by ours and by the library. */
function schemas(make: typeof Type): object[] {
  const about = { description: 'x', default: 1 };
  const map = make.Object({ a: make.String(about), b: make.Optional(make.Integer({ minimum: 1 })), c: make.Optional(make.Boolean()) }, { additionalProperties: false, title: 'T' });
  const shared = make.Number();
  return [
    make.String(), make.String({ maxLength: 1 }), make.Integer(about), make.Number(about), make.Boolean(about), make.Null(), make.Unknown(about),
    make.Literal(true, about), make.Literal('a'), make.Enum(['a', 'b'], about), make.Array(make.String(), { minItems: 1 }),
    make.Union([make.String(), make.Null()], about), make.Record(make.String(), make.Boolean(about), { maxProperties: 2 }),
    map, make.Partial(map, about), make.Required(map), make.Required(make.Partial(map)), make.Object({}), make.Optional(map),
    make.Object({ a: make.Optional(shared), b: shared }),
  ];
}

await t.test('a schema is letter by letter what the library makes of the same words', async (t) => {
  t.equal(JSON.stringify(schemas(Type), null, 1), JSON.stringify(schemas(TypeBox as unknown as typeof Type), null, 1));
});

await t.test('what marks an option as one that may be left out is no part of the schema', async (t) => {
  t.strictSame(Object.keys(Type.Optional(Type.String())), ['type']);
});
