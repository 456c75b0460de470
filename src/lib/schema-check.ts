import { isDeepStrictEqual } from 'node:util';
import type { Static, TSchema } from 'typebox';
import { hasDuplicate } from './duplicate.ts';

/** What is wrong with one value, with the schema it was held against. Paths are JSON pointers. */
export interface Violation {
  readonly keyword: string;
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
  readonly parentSchema?: Readonly<Record<string, unknown>>;
}

/** Says why a text is none of its kind; null where it is. */
export type TextCheck = (kind: string, text: string) => string | null;

/** The keywords that are understood; a test looks for others. */
interface CheckedSchema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly CheckedSchema[];
  readonly text?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: CheckedSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, CheckedSchema>>;
  readonly patternProperties?: Readonly<Record<string, CheckedSchema>>;
  readonly propertyNames?: CheckedSchema;
  readonly maxProperties?: number;
  readonly additionalProperties?: boolean;
}

/** A place, as the way to it from the root. */
interface Place {
  readonly above: Place | null;
  readonly step: string | number;
}

interface Search {
  readonly found: Violation[];
  readonly isText: TextCheck;
}

const ROOT: Place = { above: null, step: '' };
/** Of the schemas, which are few. */
const EXPRESSIONS = new Map<string, RegExp>();
const ANY_TEXT: TextCheck = () => null;

/** Whether a value is what a schema says. Without kinds of text. */
export function fits<S extends TSchema>(schema: S, value: unknown): value is Static<S> {
  return violationsOf(schema, value, ANY_TEXT).length === 0;
}

/**
 * Everything that is wrong with a value. Goes through the schema as it is: to compile one is worth its time and memory
 * only where it is used thousands of times.
 */
export function violationsOf(schema: TSchema, value: unknown, isText: TextCheck): readonly Violation[] {
  const search: Search = { found: [], isText };
  assumeKnown(schema);
  check(schema, value, ROOT, ROOT, search);
  return search.found;
}

/** The library says of a schema only that it is an object. */
function assumeKnown(schema: object): asserts schema is CheckedSchema {
  void schema;
}

function check(schema: CheckedSchema, value: unknown, at: Place, by: Place, search: Search): void {
  const complain: Complain = (keyword, params, message) => {
    search.found.push({ keyword, instancePath: pointer(at), schemaPath: `#${pointer(by)}/${keyword}`, params, parentSchema: { ...schema }, ...(message !== undefined && { message }) });
  };
  const isRight = schema.type === undefined || isOfType(value, schema.type);
  if (!isRight) complain('type', { type: schema.type });
  if (schema.const !== undefined && !isDeepStrictEqual(value, schema.const)) complain('const', { allowedValue: schema.const });
  if (schema.enum?.some((allowed) => isDeepStrictEqual(value, allowed)) === false) complain('enum', { allowedValues: schema.enum });
  if (schema.anyOf !== undefined) checkForms(schema.anyOf, value, at, by, search, complain);
  if (!isRight) return;
  if (typeof value === 'string') checkText(schema, value, search, complain);
  else if (typeof value === 'number') checkNumber(schema, value, complain);
  else if (Array.isArray(value)) checkList(schema, value, at, by, search, complain);
  else if (isMap(value)) checkMap(schema, value, at, by, search, complain);
}

type Complain = (keyword: string, params: Violation['params'], message?: string) => void;

/** One that fits is enough; where none does, what is wrong with each is told. */
function checkForms(forms: readonly CheckedSchema[], value: unknown, at: Place, by: Place, search: Search, complain: Complain): void {
  const before = search.found.length;
  for (const [index, form] of forms.entries()) {
    const soFar = search.found.length;
    check(form, value, at, { above: { above: by, step: 'anyOf' }, step: index }, search);
    if (search.found.length > soFar) continue;
    search.found.length = before;
    return;
  }
  complain('anyOf', {});
}

function checkText({ text, minLength = 0, maxLength = Infinity, pattern }: CheckedSchema, value: string, { isText }: Search, complain: Complain): void {
  // A character is a code point (JSON Schema Validation §6.3.1), and one may take two units.
  if (value.length > maxLength && Array.from(value).length > maxLength) complain('maxLength', { limit: maxLength });
  if (value.length < minLength * 2 && Array.from(value).length < minLength) complain('minLength', { limit: minLength });
  if (pattern !== undefined && !expressionOf(pattern).test(value)) complain('pattern', { pattern });
  const problem = text === undefined ? null : isText(text, value);
  if (problem !== null) complain('text', { text: value }, problem);
}

function checkNumber({ minimum = -Infinity, maximum = Infinity }: CheckedSchema, value: number, complain: Complain): void {
  if (value > maximum) complain('maximum', { comparison: '<=', limit: maximum });
  if (value < minimum) complain('minimum', { comparison: '>=', limit: minimum });
}

function checkList(schema: CheckedSchema, list: readonly unknown[], at: Place, by: Place, search: Search, complain: Complain): void {
  const { items, minItems = 0, maxItems = Infinity, uniqueItems = false } = schema;
  if (list.length > maxItems) complain('maxItems', { limit: maxItems });
  if (list.length < minItems) complain('minItems', { limit: minItems });
  if (items !== undefined) {
    const below = { above: by, step: 'items' };
    for (const [index, item] of list.entries()) check(items, item, { above: at, step: index }, below, search);
  }
  if (uniqueItems && hasDuplicate(list)) complain('uniqueItems', {});
}

function checkMap(schema: CheckedSchema, map: Readonly<Record<string, unknown>>, at: Place, by: Place, search: Search, complain: Complain): void {
  const { required = [], properties = {}, patternProperties = {}, propertyNames, maxProperties = Infinity, additionalProperties = true } = schema;
  const names = Object.keys(map);
  const patterns = Object.entries(patternProperties).map(([pattern, option]) => ({ name: pattern, expression: expressionOf(pattern), option }));
  if (names.length > maxProperties) complain('maxProperties', { limit: maxProperties });
  for (const name of required) if (!Object.hasOwn(map, name)) complain('required', { missingProperty: name });
  if (propertyNames !== undefined) for (const name of names) check(propertyNames, name, at, { above: by, step: 'propertyNames' }, search);
  for (const name of names) {
    const place = { above: at, step: name };
    const option = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (option !== undefined) check(option, map[name], place, { above: { above: by, step: 'properties' }, step: name }, search);
    const matching = patterns.filter(({ expression }) => expression.test(name));
    for (const { name: step, option: other } of matching) check(other, map[name], place, { above: { above: by, step: 'patternProperties' }, step }, search);
    if (!additionalProperties && option === undefined && matching.length === 0) complain('additionalProperties', { additionalProperty: name });
  }
}

function expressionOf(pattern: string): RegExp {
  const known = EXPRESSIONS.get(pattern);
  if (known !== undefined) return known;
  const expression = new RegExp(pattern, 'u');
  EXPRESSIONS.set(pattern, expression);
  return expression;
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'integer': return Number.isInteger(value);
    case 'number': return Number.isFinite(value);
    case 'array': return Array.isArray(value);
    case 'object': return isMap(value);
    case 'null': return value === null;
    default: return typeof value === type;
  }
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function pointer(place: Place): string {
  const steps: string[] = [];
  for (let at = place; at.above !== null; at = at.above) steps.push(`/${String(at.step).replaceAll('~', '~0').replaceAll('/', '~1')}`);
  return steps.toReversed().join('');
}
