import t from 'tap';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { answerOf, listOf, NAMED_SCHEMAS, targetSchema } from '../../src/admin/answer-schemas.ts';
import { sampleStatus } from './sample-services.ts';

// Each schema is held against real answers by the test of the operations.

await t.test('what is not described is not valid, so that a test finds it', async (t) => {
  const [target] = sampleStatus.targets;
  t.ok(Value.Check(targetSchema, target));
  t.notOk(Value.Check(targetSchema, { ...target, password: 'x' }));
  const list = listOf('targets', targetSchema, { more: Type.Integer() });
  t.ok(Value.Check(list, { targets: [target], more: 1 }));
  t.notOk(Value.Check(list, { targets: [target] }));
  t.notOk(Value.Check(list, { targets: [{ ...target, x: 1 }], more: 1 }));
  t.notOk(Value.Check(answerOf({ a: Type.Null() }), { a: null, b: 1 }));
});

await t.test('only a problem may say more than is described', async (t) => {
  const open = Object.entries(NAMED_SCHEMAS).filter(([, schema]) => !('additionalProperties' in schema)).map(([name]) => name);
  t.strictSame(open, ['Problem']);
});
