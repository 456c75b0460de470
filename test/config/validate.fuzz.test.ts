import { Ajv } from 'ajv';
import t from 'tap';
import { fileSchema } from '../../src/config/schema/file.ts';
import { violationsOf } from '../../src/lib/schema-check.ts';
import { SeededRandom } from '../helpers/seeded-random.ts';

interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly maximum?: number;
  readonly maxItems?: number;
  readonly examples?: readonly unknown[];
}

const DOCUMENTS = 3000;
const ODD: readonly unknown[] = [null, true, 0, -1, 1.5, 10 ** 9, NaN, '', 'x', 'x\n', '😀'.repeat(2000), [], [1, 1], [null], {}, { '': 1, 'a/b~c': {} }, { toString: 'x' }];
const random = new SeededRandom(4);
const asPlain = JSON.parse(JSON.stringify(fileSchema)) as Schema;

/** Mostly what the schema wants, with something else in between. */
function made(schema: Schema, depth: number): unknown {
  if (random.chance(0.04)) return random.pick(ODD);
  if (schema.examples !== undefined && random.chance(0.2)) return random.pick(schema.examples);
  if (schema.anyOf !== undefined) return made(random.pick(schema.anyOf), depth);
  if (schema.enum !== undefined) return random.pick(schema.enum);
  if ('const' in schema) return schema.const;
  if (schema.type === 'array') return Array.from({ length: random.chance(0.02) ? Math.min((schema.maxItems ?? 0) + 1, 40) : random.integer(3) }, () => made(schema.items ?? {}, depth + 1));
  if (schema.type === 'object') return madeMap(schema, depth);
  if (schema.type === 'boolean') return random.chance(0.5);
  if (schema.type === 'integer' || schema.type === 'number') return random.integer((schema.maximum ?? 10) + 2);
  return random.pick(['x', '10s', 'off', '/a', 'bad']);
}

function madeMap({ properties = {}, patternProperties = {}, required = [] }: Schema, depth: number): object {
  const wanted = Object.entries(properties).filter(([name]) => (required.includes(name) ? !random.chance(0.05) : random.chance(0.4 / (depth + 1))));
  const map: Record<string, unknown> = Object.fromEntries(wanted.map(([name, option]) => [name, made(option, depth + 1)]));
  for (const option of Object.values(patternProperties)) if (random.chance(0.6)) map[random.pick(['a', 'bad', '404', 'x y'])] = made(option, depth + 1);
  if (random.chance(0.03)) map['stray'] = 1;
  return map;
}

/** `bad` stands for every text that is not of its kind. */
const isText = (_kind: string, text: string): string | null => (text === 'bad' ? 'bad' : null);

function linesOf(violations: readonly { keyword: string; instancePath: string; schemaPath: string; params: object }[]): string[] {
  const told = violations.filter(({ keyword }) => keyword !== 'propertyNames');
  // The library writes places of the schema as fragments of URLs, and how often it counts a list for `uniqueItems` is its own.
  return told.map(({ keyword, instancePath, schemaPath, params }) => {
    const place = decodeURIComponent(schemaPath);
    return keyword === 'uniqueItems' || keyword === 'text' ? `${instancePath} ${place}` : `${instancePath} ${place} ${JSON.stringify(params)}`;
  }).toSorted();
}

await t.test('of thousands of files exactly that is found wrong which Ajv finds wrong', async (t) => {
  const ajv = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true, inlineRefs: false, code: { optimize: false } });
  ajv.addKeyword({ keyword: 'text', type: 'string', schemaType: 'string', validate: (kind: string, text: string) => isText(kind, text) === null });
  ajv.addVocabulary(['expects']);
  const oracle = ajv.compile(fileSchema);
  const faults: { value: string; theirs: string[]; ours: string[] }[] = [];
  const keywords = new Set<string>();
  let valid = 0;
  for (let number = 0; number < DOCUMENTS && faults.length < 3; number += 1) {
    const value = made(asPlain, 0);
    const theirs = oracle(value) ? [] : linesOf(oracle.errors ?? []);
    const found = violationsOf(fileSchema, value, isText);
    for (const { keyword } of found) keywords.add(keyword);
    if (found.length === 0) valid += 1;
    const ours = linesOf(found);
    if (JSON.stringify(theirs) !== JSON.stringify(ours)) faults.push({ value: JSON.stringify(value).slice(0, 1000), theirs: theirs.filter((line) => !ours.includes(line)), ours: ours.filter((line) => !theirs.includes(line)) });
  }
  t.strictSame(faults, []);
  t.ok(valid > DOCUMENTS / 50, `${valid} of them have no fault`);
  t.strictSame([...keywords].toSorted(), ['additionalProperties', 'anyOf', 'const', 'enum', 'maxItems', 'maxLength', 'maximum', 'minItems', 'minimum', 'required', 'text', 'type', 'uniqueItems'].toSorted());
});
