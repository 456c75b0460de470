import type { Static, TObject } from 'typebox';
import { fits } from '../lib/schema-check.ts';
import { closest } from '../lib/closest.ts';
import { AdminProblem } from './problem.ts';

/** The query of a request by its schema. Every value is text. @throws AdminProblem 422 saying what would be right. */
export function queryOf<S extends TObject>(schema: S, query: unknown): Static<S> {
  return checked(schema, query, 'The query');
}

/** The body of a request, which comes as text. @throws AdminProblem 422 saying what would be right. */
export function bodyOf<S extends TObject>(schema: S, body: unknown): Static<S> {
  return checked(schema, parsed(body), 'The body, sent as application/json,');
}

function checked<S extends TObject>(schema: S, value: unknown, what: string): Static<S> {
  if (fits(schema, value)) return value;
  throw new AdminProblem(422, 'Not valid', `${what} ${faultOf(schema, value)}.`);
}

/** The value itself is not repeated: it may be a secret that went astray. */
function faultOf(schema: TObject, value: unknown): string {
  const names = Object.keys(schema.properties);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return `must be an object with ${listed(names)}`;
  const unknown = Object.keys(value).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const meant = closest(unknown, names);
    return names.length === 0 ? 'must be empty' : `has no such field${meant === null ? `: there are ${listed(names)}` : `, did you mean \`${meant}\`?`}`.replace(/\?$/, '');
  }
  const missing = names.find((name) => !(name in value) && (schema.required ?? []).includes(name));
  if (missing !== undefined) return `lacks \`${missing}\`: ${describe(schema, missing)}`;
  const wrong = names.find((name) => name in value && !fits(schema.properties[name] ?? {}, Reflect.get(value, name))) ?? '';
  return `has a wrong \`${wrong}\`: ${describe(schema, wrong)}`;
}

function describe(schema: TObject, name: string): string {
  const field: unknown = schema.properties[name];
  const text = typeof field === 'object' && field !== null && 'description' in field ? field.description : null;
  return typeof text === 'string' ? text.replace(/\.$/, '') : 'see /openapi.json';
}

function listed(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

function parsed(body: unknown): unknown {
  try {
    return JSON.parse(typeof body === 'string' ? body : '');
  } catch {
    return null;
  }
}
