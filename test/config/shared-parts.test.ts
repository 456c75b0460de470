import { Ajv } from 'ajv';
import t from 'tap';
import { fileSchema } from '../../src/config/schema/file.ts';
import { withSharedParts } from '../../src/config/shared-parts.ts';

const LONG = { type: 'object', properties: { a: { type: 'string', description: 'x'.repeat(700) } }, additionalProperties: false };

await t.test('a part that stands in several places is written once', async (t) => {
  const schema = { type: 'object', properties: { one: LONG, two: { type: 'array', items: { type: 'object', properties: { one: LONG } } } }, patternProperties: { '^x': { type: 'object', properties: { other: LONG } } } };
  const shared = withSharedParts(schema);
  t.equal(JSON.stringify(shared).split('xxxxxxx'.repeat(100)).length - 1, 1);
  const validate = new Ajv({ allErrors: true }).compile(shared);
  const wrong = [{ one: { b: 1 } }, { two: [{ one: { b: 1 } }] }, { x1: { other: { a: 1 } } }];
  t.strictSame(wrong.map((value) => validate(value)), [false, false, false]);
  t.ok(validate({ one: { a: '' }, two: [{ one: { a: '' } }], x1: { other: {} } }));
});

await t.test('what stands in one place, is short, or is one of several forms stays where it is', async (t) => {
  const once = { type: 'object', properties: { one: LONG, short: { type: 'string' }, again: { type: 'object', properties: { short: { type: 'string' } } } } };
  t.strictSame(withSharedParts(once), { ...once, $defs: {} });
  const forms = { anyOf: [{ type: 'string' }, { type: 'object', properties: { one: LONG, two: LONG } }] };
  t.strictSame(withSharedParts({ type: 'object', properties: { forms } }), { type: 'object', properties: { forms }, $defs: {} });
});

await t.test('the schema of the file becomes half as long', async (t) => {
  const [before, after] = [JSON.stringify(fileSchema).length, JSON.stringify(withSharedParts(fileSchema)).length];
  t.ok(after < before * 0.6, `${before} → ${after}`);
});
