import { existsSync, readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { parse } from 'yaml';
import { POLICY_KINDS } from '../../src/config/policies/policy-kinds.ts';

type Fields = Readonly<Record<string, unknown>>;

const EXAMPLES = new URL('../../config/examples/', import.meta.url);

/** A policy, an option of it, and an option of that: what lies deeper is explained where it is used. */
const DEPTH = 3;

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The keys that a schema knows, in each of its forms. */
function optionsOf(schema: unknown): readonly (readonly [name: string, schema: unknown])[] {
  const { properties, anyOf } = fieldsOf(schema);
  return [...Object.entries(fieldsOf(properties)), ...itemsOf(anyOf).flatMap((form) => optionsOf(form))];
}

function pathsOf(options: readonly (readonly [name: string, schema: unknown])[], depth = DEPTH): string[] {
  return options.flatMap(([name, schema]) => [name, ...(depth > 1 ? pathsOf(optionsOf(schema), depth - 1).map((path) => `${name}.${path}`) : [])]);
}

/** The keys that a value has, with those of its maps and of the maps in its lists. */
function keysIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => keysIn(item));
  return Object.entries(fieldsOf(value)).flatMap(([name, inner]) => [name, ...keysIn(inner).map((path) => `${name}.${path}`)]);
}

/** What an example says of policies: in its routes, in `defaults` and in sets. */
function policyKeysIn(text: string): string[] {
  const { routes, defaults, policies } = fieldsOf(parse(text));
  const places = [...itemsOf(routes), defaults, ...Object.values(fieldsOf(policies))];
  return keysIn(places).filter((path) => Object.hasOwn(POLICY_KINDS, path.split('.', 1)[0] ?? ''));
}

const names = readdirSync(EXAMPLES).filter((file) => file.endsWith('.yaml')).map((file) => file.replace('.yaml', ''));
const used = new Map(names.map((name) => [name, policyKeysIn(readFileSync(new URL(`${name}.yaml`, EXAMPLES), 'utf8'))]));

await t.test('every option of every policy has an example', async (t) => {
  const all = pathsOf(Object.entries(POLICY_KINDS).map(([name, { option }]) => [name, option] as const));
  for (const known of ['maxBody', 'ip.deny', 'headers.csp.base', 'jwt.jwks.url', 'compress.level.gzip']) t.ok(all.includes(known), `${known} is seen`);
  const shown = new Set([...used.values()].flat());
  t.strictSame([...new Set(all)].filter((path) => !shown.has(path)), []);
});

await t.test('every example of policies has a test that starts it', async (t) => {
  const untested = [...used].filter(([, keys]) => keys.length > 0).map(([name]) => name).filter((name) => {
    const test = new URL(`${name}.test.ts`, import.meta.url);
    return !existsSync(test) || !readFileSync(test, 'utf8').includes(`exampleText('${name}'`);
  });
  t.strictSame(untested, []);
});
