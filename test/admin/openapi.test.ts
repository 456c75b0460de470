import { readFileSync } from 'node:fs';
import t from 'tap';
import { Type } from 'typebox';
import { openApiText } from '../../src/admin/openapi.ts';
import { OPERATIONS } from '../../src/admin/operations.ts';
import { problemSchema, routeSchema } from '../../src/admin/answer-schemas.ts';

interface Described {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
}

const text = openApiText(OPERATIONS);
const description = JSON.parse(text) as { readonly openapi: string; readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>> };

await t.test('the published description is current: `npm run reference` writes it', async (t) => {
  t.equal(readFileSync(new URL('../../config/admin-api.json', import.meta.url), 'utf8'), text);
});

await t.test('what is named is there, and every operation has a name of its own', async (t) => {
  const dangling = [...text.matchAll(/"\$ref": "#\/([^"]+)"/g)].map(([, path = '']) => path).filter((path) => {
    let at: unknown = description;
    for (const step of path.split('/')) at = typeof at === 'object' && at !== null ? Reflect.get(at, step) : undefined;
    return at === undefined;
  });
  t.strictSame(dangling, []);
  const all = Object.entries(description.paths).flatMap(([path, methods]) => Object.values(methods).map((operation) => ({ path, ...operation })));
  t.equal(all.length, OPERATIONS.length);
  t.equal(new Set(all.map(({ operationId }) => operationId)).size, all.length);
  const undeclared = all.filter(({ path, parameters = [] }) => [...path.matchAll(/\{(\w+)\}/g)].some(([, name]) => !parameters.some((parameter) => parameter.in === 'path' && parameter.name === name)));
  t.strictSame(undeclared, []);
});

await t.test('an operation as it is described', async (t) => {
  const { paths } = JSON.parse(openApiText([{
    method: 'POST', path: '/shops/{shop}/open', summary: 'Opens one.', isOpen: true,
    query: Type.Object({ from: Type.String({ description: 'When.' }), to: Type.Optional(Type.String({ pattern: 'x' })) }),
    body: Type.Object({ key: Type.String() }),
    answers: { 200: { description: 'Open.', schema: Type.Object({ routes: Type.Array(routeSchema) }) }, 404: { description: 'None.', schema: problemSchema }, 503: { description: 'Text.', contentType: 'text/plain' } },
  }])) as { readonly paths: object };
  t.match(paths, {
    '/shops/{shop}/open': {
      post: {
        operationId: 'postShopsShopOpen', summary: 'Opens one.', security: [],
        parameters: [
          { name: 'shop', in: 'path', required: true },
          { name: 'from', in: 'query', required: true, description: 'When.', schema: { type: 'string' } },
          { name: 'to', in: 'query', required: false, schema: { type: 'string', pattern: 'x' } },
        ],
        requestBody: { required: true, content: { 'application/json': { schema: { type: 'object', required: ['key'], properties: { key: { type: 'string' } } } } } },
        responses: {
          200: { content: { 'application/json': { schema: { properties: { routes: { type: 'array', items: { $ref: '#/components/schemas/Route' } } } } } } },
          404: { content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } },
          503: { content: { 'text/plain': {} } },
          default: { $ref: '#/components/responses/Refusal' },
        },
      },
    },
  });
});
