import { fileSchema } from './schema/file.ts';
import { TEXT_KINDS } from './text-kind.ts';

type Json = string | number | boolean | null | undefined | Json[] | { [key: string]: Json };
type JsonObject = Record<string, Json>;

/** What only the loader understands. */
const OWN_KEYWORDS = new Set(['expects', 'text', 'propertyNames']);
const VARIABLE = { $ref: '#/definitions/variable' };

/** The schema of the file for editors, as JSON text (draft 7, which the YAML language server reads). */
export function jsonSchemaText(): string {
  const schema = forEditors(plain());
  const definitions = { variable: { type: 'string', pattern: '\\$\\{', description: 'A variable of the environment: `${NAME}` or `${NAME:-default}`.' } };
  return `${JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', ...schema, definitions }, null, 2)}\n`;
}

/** Without what the schema library adds for itself, which JSON leaves out. */
function plain(): JsonObject {
  const copy: unknown = JSON.parse(JSON.stringify(fileSchema));
  if (!isObject(copy)) throw new TypeError('the schema is an object');
  return copy;
}

function forEditors(schema: JsonObject): JsonObject {
  const editable: JsonObject = {};
  for (const [key, value] of Object.entries(schema)) {
    if (OWN_KEYWORDS.has(key)) continue;
    editable[key] = key === 'default' || key === 'examples' ? value : mapped(value);
  }
  const pattern = patternOf(schema);
  if (pattern !== undefined) editable['pattern'] = `\\$\\{|${pattern}`;
  return takesVariable(schema) ? orVariable(editable) : editable;
}

function mapped(value: Json): Json {
  if (Array.isArray(value)) return value.map((item) => mapped(item));
  return isObject(value) ? forEditors(value) : value;
}

function patternOf({ text }: JsonObject): string | undefined {
  const kind = Object.entries(TEXT_KINDS).find(([name]) => name === text)?.[1];
  return kind !== undefined && 'pattern' in kind ? kind.pattern : undefined;
}

/** Numbers, switches and choices can come from a variable as well, which an editor sees as text. */
function takesVariable({ type, enum: choices }: JsonObject): boolean {
  return type === 'integer' || type === 'boolean' || Array.isArray(choices);
}

function orVariable({ description, default: value, examples, ...rest }: JsonObject): JsonObject {
  const about = { description, default: value, examples };
  return { ...about, anyOf: [rest, VARIABLE] };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
