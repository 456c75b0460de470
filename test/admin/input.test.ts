import t from 'tap';
import { Type } from 'typebox';
import { bodyOf, queryOf } from '../../src/admin/input.ts';
import { AdminProblem } from '../../src/admin/problem.ts';

const schema = Type.Object(
  { host: Type.String({ minLength: 1, description: 'A host, such as a.example.' }), level: Type.Optional(Type.Enum(['info', 'warn'], { description: 'One of info and warn.' })) },
  { additionalProperties: false },
);

function problem(run: () => unknown): string {
  try {
    run();
    return 'none';
  } catch (error) {
    return error instanceof AdminProblem ? `${error.status} ${error.message}` : String(error);
  }
}

await t.test('what is valid comes back', async (t) => {
  t.strictSame(queryOf(schema, { host: 'a' }), { host: 'a' });
  t.strictSame(bodyOf(schema, '{"host":"a","level":"info"}'), { host: 'a', level: 'info' });
  t.strictSame(queryOf(Type.Object({}, { additionalProperties: false }), {}), {});
});

await t.test('what is not valid is told with what would be right', async (t) => {
  t.equal(problem(() => queryOf(schema, {})), '422 The query lacks `host`: A host, such as a.example.');
  t.equal(problem(() => queryOf(schema, { hots: 'a' })), '422 The query has no such field, did you mean `host`.');
  t.equal(problem(() => queryOf(schema, { host: 'a', zzzzzz: '1' })), '422 The query has no such field: there are `host`, `level`.');
  t.equal(problem(() => queryOf(schema, { host: 'a', level: 'loud' })), '422 The query has a wrong `level`: One of info and warn.');
  t.equal(problem(() => queryOf(schema, { host: ['a', 'b'] })), '422 The query has a wrong `host`: A host, such as a.example.', 'given twice');
  t.equal(problem(() => queryOf(Type.Object({}, { additionalProperties: false }), { a: '1' })), '422 The query must be empty.');
  t.equal(problem(() => queryOf(Type.Object({ a: Type.Integer() }), { a: 'x' })), '422 The query has a wrong `a`: see /openapi.json.');
  for (const body of [undefined, '', 'nonsense', '[]', 'null', '5', '"x"']) {
    t.equal(problem(() => bodyOf(schema, body)), '422 The body, sent as application/json, must be an object with `host`, `level`.', String(body));
  }
});

await t.test('threat: a secret that went astray is not repeated, and what an object inherits is no field', async (t) => {
  for (const query of [{ hunter2: 'x' }, { host: 'a', level: 'hunter2' }, { host: ['hunter2'] }]) t.notMatch(problem(() => queryOf(schema, query)), /hunter2/);
  t.match(problem(() => bodyOf(schema, '{"__proto__":{"host":"a"}}')), /^422/);
  t.match(problem(() => bodyOf(schema, '{"constructor":"a"}')), /^422/);
});
