import t from 'tap';
import { errorFacts } from '../../src/observe/error-facts.ts';

await t.test('an error is its type, message, code, places and causes, and nothing it carries', async (t) => {
  const error = Object.assign(new TypeError('outer', { cause: new Error('inner') }), { code: 'E_X', headers: { authorization: 'hunter2' } });
  const facts = errorFacts(error);
  t.match(facts, { type: 'TypeError', message: 'outer', code: 'E_X', cause: { type: 'Error', message: 'inner' } });
  t.match(facts.stack, /^at .*error-facts\.test/);
  t.notMatch(JSON.stringify(facts), /hunter2/);
});

await t.test('what is no error is told by its text or its kind, and never read', async (t) => {
  t.strictSame(errorFacts('plain'), { type: 'string', message: 'plain' });
  t.strictSame(errorFacts(null), { type: 'object', message: '[object Null]' });
  t.strictSame(errorFacts({ password: 'hunter2' }), { type: 'object', message: '[object Object]' });
});

await t.test('causes, messages and stacks have a bound', async (t) => {
  const loop = new Error('x'.repeat(5000));
  loop.cause = loop;
  loop.stack = `Error\n${'    at f (file.ts:1:1)\n'.repeat(500)}`;
  const text = JSON.stringify(errorFacts(loop));
  t.equal(text.match(/"cause"/g)?.length, 3);
  t.ok(text.length < 4 * 3000);
});

await t.test('an error of several addresses says what each of them said', async (t) => {
  t.match(errorFacts(new AggregateError([new Error('refused ::1'), 'refused 127.0.0.1'])), { message: 'refused ::1; refused 127.0.0.1' });
});

await t.test('credentials in a URL are masked', async (t) => {
  t.match(errorFacts(new Error('cannot reach https://me:hunter2@api/')), { message: 'cannot reach https://***@api/' });
});
