import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import t from 'tap';
import { parse } from 'yaml';
import { jsonSchemaText } from '../../src/config/json-schema.ts';

const text = jsonSchemaText();
const file = new URL('../../config/gateway.schema.json', import.meta.url);
const published = asObject(JSON.parse(text));

await t.test('the published schema is current: `npm run reference` writes it', async (t) => {
  t.equal(readFileSync(file, 'utf8'), text);
});

await t.test('an editor understands it and agrees with the loader', async (t) => {
  const isValid = new Ajv({ strict: true, allowUnionTypes: true }).compile(published);
  t.ok(isValid(parse(readFileSync(new URL('../../config/gateway.yaml', import.meta.url), 'utf8'))), JSON.stringify(isValid.errors));
  const examples = new URL('../../config/examples/', import.meta.url);
  for (const name of readdirSync(examples).filter((file) => file.endsWith('.yaml'))) t.ok(isValid(parse(readFileSync(new URL(name, examples), 'utf8'))), `${name}: ${JSON.stringify(isValid.errors)}`);
  const routes = [{ respond: {} }];
  t.ok(isValid({ listen: { http: 80 }, routes, workers: '${N}', drainTimeout: '${T:-9s}' }), 'variables are allowed');
  t.notOk(isValid({ listen: { http: 80 }, routes, worker: 1 }));
  t.notOk(isValid({ listen: { http: 80 }, routes, drainTimeout: '9' }));
  t.notOk(isValid({ listen: { http: 80 }, routes, workers: 'two' }));
});

await t.test('every option has a description, and no word of our own is left', async (t) => {
  const undescribed: string[] = [];
  const walk = (node: object, path: string): void => {
    for (const [name, option] of Object.entries(asObject('properties' in node ? node.properties : {}))) {
      if (!('description' in asObject(option))) undescribed.push(`${path}.${name}`);
    }
    for (const [key, value] of Object.entries(asObject(node))) {
      if (typeof value === 'object' && value !== null && key !== 'default' && key !== 'examples') walk(value, `${path}.${key}`);
    }
  };
  walk(published, '');
  t.strictSame(undescribed, []);
  t.notMatch(text, /"expects"|"text":/);
});

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
