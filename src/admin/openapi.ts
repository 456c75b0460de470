import type { TObject, TSchema } from 'typebox';
import { ADMIN_TOKEN_VARIABLE } from './admin-token.ts';
import { NAMED_SCHEMAS, problemSchema } from './answer-schemas.ts';
import type { Operation } from './operation.ts';
import { ADMIN_HEADER } from './request-guard.ts';

type Json = string | number | boolean | null | undefined | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = Readonly<Record<string, Json>>;

/** Of the API, not of Sluice: a change of this number breaks callers. */
const VERSION = '1';

const ABOUT =
  'What the admin listener of Sluice answers. Without a token it listens on loopback addresses only; ' +
  `with ${ADMIN_TOKEN_VARIABLE} set, whoever asks sends its value as a bearer token. ` +
  `A POST needs \`Content-Type: application/json\` or \`${ADMIN_HEADER}: 1\`. An address may ask 600 times a minute. ` +
  'Secrets and personal data are masked in every answer, as in the access log.';

const REFUSAL = {
  description: 'Refused, or failed: 401 without the token, 403 for a strange Host or Origin, 413 for a body that is too large, 415 for a POST without its content type, 429 for too many requests, 500 for a fault of Sluice, whose cause is in its log.',
  content: { 'application/problem+json': { schema: referenceTo('Problem') } },
};

/** The description of the operations as OpenAPI 3.1, whose schemas are JSON Schema 2020-12. */
export function openApiText(operations: readonly Operation[]): string {
  const byPath = Map.groupBy(operations, ({ path }) => path);
  const paths = [...byPath].map(([path, those]) => [path, Object.fromEntries(those.map((operation) => [operation.method.toLowerCase(), described(operation)]))] as const);
  const description = {
    openapi: '3.1.0',
    info: { title: 'Sluice admin API', version: VERSION, description: ABOUT },
    servers: [{ url: 'http://127.0.0.1:9090', description: 'Where `listen.admin` is by default.' }],
    security: [{}, { token: [] }],
    paths: Object.fromEntries(paths),
    components: {
      schemas: Object.fromEntries(Object.entries(NAMED_SCHEMAS).map(([name, schema]) => [name, membersOf(schema)])),
      responses: { Refusal: REFUSAL },
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: `Needed where ${ADMIN_TOKEN_VARIABLE} is set.` } },
    },
  };
  return `${JSON.stringify(description, null, 2)}\n`;
}

function described({ method, path, summary, query, body, answers, isOpen = false }: Operation): JsonObject {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
  const parameters = [...inPath, ...(query === undefined ? [] : parametersOf(query))];
  return {
    operationId: operationId(method, path),
    summary,
    ...(isOpen && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && { requestBody: { required: true, content: { 'application/json': { schema: plain(body) } } } }),
    responses: { ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, answerOf(answer)])), default: { $ref: '#/components/responses/Refusal' } },
  };
}

/** `postTargetsDrain`. */
function operationId(method: string, path: string): string {
  const words = path.match(/[a-z0-9]+/gi) ?? [];
  return method.toLowerCase() + (words.length === 0 ? 'Root' : words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(''));
}

function parametersOf(query: TObject): JsonObject[] {
  const { required } = membersOf(query);
  return Object.entries(query.properties).map(([name, schema]) => {
    const { description, ...rest } = membersOf(schema);
    return { name, in: 'query', required: Array.isArray(required) && required.includes(name), description, schema: rest };
  });
}

function answerOf({ description, schema, contentType }: Operation['answers'][number]): JsonObject {
  const type = contentType ?? (schema === problemSchema ? 'application/problem+json' : 'application/json');
  return { description, content: { [type]: schema === undefined ? {} : { schema: plain(schema) } } };
}

/** A schema as it is written where it is used: by its name, if it has one. */
function plain(schema: TSchema): Json {
  const named = Object.entries(NAMED_SCHEMAS).find(([, known]) => known === schema);
  return named === undefined ? membersOf(schema) : referenceTo(named[0]);
}

/** What the schema library adds for itself cannot be enumerated, and so is left out. */
function membersOf(schema: object): JsonObject {
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, valueOf(value)]));
}

function valueOf(value: unknown): Json {
  if (Array.isArray(value)) return value.map((item) => valueOf(item));
  if (typeof value === 'object' && value !== null) return plain(value);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

function referenceTo(name: string): JsonObject {
  return { $ref: `#/components/schemas/${name}` };
}
