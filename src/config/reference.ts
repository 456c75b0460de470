import { fileSchema } from './schema/file.ts';
import { TEXT_KINDS } from './text-kind.ts';

/** What the reference reads of a schema. */
interface Schema {
  readonly type?: string;
  readonly text?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly propertyNames?: Schema;
  readonly required?: readonly string[] | undefined;
}

/** Their options are explained in full where routes have them. */
const SHARED_WITH_ROUTES = new Set(['defaults', 'policies']);

/** The reference as Markdown: the introduction, then every option of the schema. */
export function referenceText(introduction: string): string {
  const sections = Object.entries<unknown>(fileSchema.properties).flatMap(([name, schema]) => (isSchema(schema) ? [section(name, schema)] : []));
  return `${introduction.trimEnd()}\n\n## Every option\n\n${sections.join('\n')}`;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null;
}

function section(name: string, schema: Schema): string {
  const facts = [`**Type:** ${typeOf(schema)}.`, ...(schema.default === undefined ? [] : [`**Default:** ${code(schema.default)}.`])];
  const examples = (schema.examples ?? []).map((example) => `\`\`\`yaml\n${name}: ${flow(example)}\n\`\`\`\n`);
  const rows = rowsOf('', schema.items ?? schema, SHARED_WITH_ROUTES.has(name));
  const table = rows.length === 0 ? [] : [`| option | type | default | what it does |\n|---|---|---|---|\n${rows.join('\n')}\n`];
  return [`### \`${name}\`\n`, `${schema.description ?? ''}\n`, `${facts.join(' ')}\n`, ...examples, ...table].join('\n');
}

/** A row for each option in the schema and below it, named by its path. */
function rowsOf(path: string, schema: Schema, isShallow: boolean): string[] {
  const options = optionsOf(schema);
  if (options === null) return [];
  return [...Object.entries(options.schema.properties ?? {}), ...titledOf(options.schema)].flatMap(([key, option]) => {
    const name = `${path}${options.suffix}.${key}`.replace(/^\./, '');
    const below = isShallow ? [] : rowsOf(name, option, false);
    return [row(name, option, options.schema.required?.includes(key) === true), ...below];
  });
}

/** Options that have a kind of name each, such as STATUS, beside those that have a name. */
function titledOf({ properties, patternProperties = {} }: Schema): [name: string, option: Schema][] {
  return properties === undefined ? [] : Object.values(patternProperties).flatMap((option): [string, Schema][] => (option.title === undefined ? [] : [[option.title, option]]));
}

/** The form of a value that has options of its own, and what leads to it: `[]` for an item of a list, `.NAME` below a key that the user chooses. */
function optionsOf(schema: Schema): { schema: Schema; suffix: string } | null {
  if (schema.properties !== undefined) return { schema, suffix: '' };
  for (const branch of schema.anyOf ?? []) {
    const found = optionsOf(branch);
    if (found !== null) return found;
  }
  for (const named of Object.values(schema.patternProperties ?? {})) {
    const found = optionsOf(named);
    if (found !== null) return { schema: found.schema, suffix: `.${typeOf(schema.propertyNames ?? {}).toUpperCase()}${found.suffix}` };
  }
  const item = schema.items === undefined ? null : optionsOf(schema.items);
  return item === null ? null : { schema: item.schema, suffix: '[]' };
}

function row(name: string, schema: Schema, isRequired: boolean): string {
  const defaultText = schema.default === undefined ? '' : code(schema.default);
  const examples = (schema.examples ?? []).map((example) => code(example));
  const exampleText = examples.length === 0 ? '' : ` ${examples.length === 1 ? 'Example' : 'Examples'}: ${examples.join(', ')}.`;
  const cells = [`\`${name}\``, typeOf(schema), isRequired ? 'required' : defaultText, `${schema.description ?? ''}${exampleText}`];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function typeOf(schema: Schema): string {
  if (schema.text !== undefined) return Object.entries(TEXT_KINDS).find(([name]) => name === schema.text)?.[1].label ?? 'text';
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => code(value)).join(', ');
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map((branch) => typeOf(branch)))].join(' or ');
  if (schema.items !== undefined) return `list of ${typeOf(schema.items)}`;
  if (schema.patternProperties !== undefined) return 'names with values';
  const names: Readonly<Record<string, string>> = { integer: 'number', boolean: '`true` or `false`', string: 'text', object: 'options' };
  return names[schema.type ?? ''] ?? 'any value';
}

function code(value: unknown): string {
  return `\`${flow(value)}\``;
}

/** A value as YAML on one line. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => flow(item)).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{ ${Object.entries(value).map(([key, item]) => `${/^[\w./-]+$/.test(key) ? key : JSON.stringify(key)}: ${flow(item)}`).join(', ')} }`;
  }
  if (typeof value !== 'string') return String(value);
  return /^[a-z0-9/][\w./:*%-]*$/i.test(value) && !/^[\d.]+$/.test(value) ? value : JSON.stringify(value);
}
