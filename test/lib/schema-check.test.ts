import t from 'tap';
import { OPERATIONS } from '../../src/admin/operations.ts';
import { fileSchema } from '../../src/config/schema/file.ts';
import { fits, type Violation, violationsOf } from '../../src/lib/schema-check.ts';
import { Type } from '../../src/lib/schema-type.ts';

const NEVER = (): string => 'never';

function places(found: readonly Violation[]): string[] {
  return found.map(({ keyword, instancePath, schemaPath }) => `${keyword} ${instancePath} ${schemaPath}`);
}

await t.test('everything that is wrong is found, with its place and that of its rule', async (t) => {
  const schema = Type.Object({ 'a/b': Type.Array(Type.Integer({ maximum: 3 }), { maxItems: 2, uniqueItems: true }), c: Type.Literal(1) }, { additionalProperties: false });
  t.strictSame(places(violationsOf(schema, { 'a/b': [4, 4, 1.5], d: 0 }, NEVER)), [
    'required  #/required',
    'maxItems /a~1b #/properties/a~1b/maxItems',
    'maximum /a~1b/0 #/properties/a~1b/items/maximum',
    'maximum /a~1b/1 #/properties/a~1b/items/maximum',
    'type /a~1b/2 #/properties/a~1b/items/type',
    'uniqueItems /a~1b #/properties/a~1b/uniqueItems',
    'additionalProperties  #/additionalProperties',
  ]);
});

await t.test('of several forms one that fits is enough; else each is told, and that none fits', async (t) => {
  const schema = Type.Array(Type.Union([Type.String(), Type.Array(Type.String())]));
  t.strictSame(places(violationsOf(schema, ['a', ['b'], [1]], NEVER)), [
    'type /2 #/items/anyOf/0/type', 'type /2/0 #/items/anyOf/1/items/type', 'anyOf /2 #/items/anyOf',
  ]);
});

await t.test('what makes a text of its kind is said by whoever asks, also of names', async (t) => {
  const schema = Type.Record(Type.String(), Type.String({ text: 'duration' }), { propertyNames: { text: 'name' } });
  const found = violationsOf(schema, { x: '1' }, (kind, text) => `${text} is no ${kind}`);
  t.strictSame(found.map(({ message, schemaPath }) => `${schemaPath} ${message}`), ['#/propertyNames/text x is no name', '#/patternProperties/^.*$/text 1 is no duration']);
});

await t.test('a name that every object inherits is one like any other', async (t) => {
  const schema = Type.Object({ constructor: Type.Optional(Type.String()) }, { additionalProperties: false });
  t.ok(fits(schema, {}));
  t.notOk(fits(schema, { toString: 1 }));
  t.notOk(fits(Type.Object({ toString: Type.String() }), {}));
  t.strictSame(places(violationsOf(schema, JSON.parse('{ "__proto__": 1 }'), NEVER)), ['additionalProperties  #/additionalProperties']);
});

await t.test('a value fits or it does not', async (t) => {
  const fitting: readonly [Parameters<typeof fits>[0], unknown][] = [
    [Type.String({ minLength: 1, maxLength: 2, pattern: '^[^a]+$' }), '😀😀'], [Type.Number(), 1.5], [Type.Integer(), -1], [Type.Null(), null], [Type.Unknown(), undefined],
    [Type.Enum(['a', 'b']), 'b'], [Type.Boolean(), false], [Type.Object({ a: Type.Optional(Type.Null()) }), { b: 1 }],
  ];
  const failing: readonly [Parameters<typeof fits>[0], unknown][] = [
    [Type.String({ minLength: 1 }), ''], [Type.String({ minLength: 2 }), '😀'], [Type.String({ maxLength: 2 }), '😀😀😀'], [Type.String({ pattern: '^[^a]+$' }), 'bab'], [Type.Number(), NaN], [Type.Integer(), Infinity],
    [Type.Null(), undefined], [Type.Enum(['a', 'b']), ['b']], [Type.Boolean(), 'true'], [Type.Object({ a: Type.Optional(Type.Null()) }), { a: 1 }], [Type.Object({}), []],
    [Type.Array(Type.Unknown(), { minItems: 1 }), []], [Type.Integer({ minimum: 1 }), 0], [Type.Record(Type.String(), Type.Unknown(), { maxProperties: 1 }), { a: 1, b: 2 }],
  ];
  t.strictSame(fitting.filter(([schema, value]) => !fits(schema, value)), []);
  t.strictSame(failing.filter(([schema, value]) => fits(schema, value)), []);
});

const UNDERSTOOD = new Set([
  'type', 'enum', 'const', 'anyOf', 'text', 'minLength', 'maxLength', 'pattern', 'minimum', 'maximum', 'items', 'minItems', 'maxItems', 'uniqueItems', 'required',
  'properties', 'patternProperties', 'propertyNames', 'maxProperties', 'additionalProperties',
]);
/** Said to people, and to editors. */
const ANNOTATIONS = new Set(['description', 'default', 'examples', 'expects', 'title']);

/** Keywords of a schema and of those within it that are nothing of the above. */
function strangers(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([keyword, value]) => {
    if (keyword === 'additionalProperties' && typeof value !== 'boolean') return [`${keyword} with a schema`];
    if (!UNDERSTOOD.has(keyword)) return ANNOTATIONS.has(keyword) ? [] : [keyword];
    if (keyword === 'properties' || keyword === 'patternProperties') return Object.values(value as object).flatMap(strangers);
    if (keyword === 'anyOf') return (value as unknown[]).flatMap(strangers);
    return keyword === 'items' || keyword === 'propertyNames' ? strangers(value) : [];
  });
}

await t.test('every keyword of the schemas of files and questions is one that is understood', async (t) => {
  const schemas = [fileSchema, ...OPERATIONS.flatMap(({ query, body }) => [query, body])];
  t.strictSame([...new Set(schemas.flatMap(strangers))], []);
  t.strictSame(strangers(Type.Object({ a: Type.String({ format: 'date' }) })), ['format']);
});
