import t from 'tap';
import { foldUnions } from '../../src/config/violation.ts';
import type { Violation } from '../../src/lib/schema-check.ts';

function violation(keyword: string, instancePath: string, schemaPath: string): Violation {
  return { keyword, instancePath, schemaPath, params: {} };
}

const union = violation('anyOf', '/a', '#/a/anyOf');
const notText = violation('type', '/a', '#/a/anyOf/0/type');
const notList = violation('type', '/a', '#/a/anyOf/1/type');

await t.test('of a value of no form one sentence is left', async (t) => {
  t.strictSame(foldUnions([notText, notList, union]), [union]);
});

await t.test('of a value of one form only what is wrong with that form is left', async (t) => {
  const badItem = violation('text', '/a/3', '#/a/anyOf/1/items/text');
  t.strictSame(foldUnions([notText, badItem, union]), [badItem]);
});

await t.test('a union in a union is folded from the inside', async (t) => {
  const inner = violation('anyOf', '/a', '#/a/anyOf/0/anyOf');
  const innerNumber = violation('type', '/a', '#/a/anyOf/0/anyOf/0/type');
  const innerText = violation('type', '/a', '#/a/anyOf/0/anyOf/1/type');
  t.strictSame(foldUnions([innerNumber, innerText, inner, notList, union]), [union]);
  const badText = violation('text', '/a', '#/a/anyOf/0/anyOf/1/text');
  t.strictSame(foldUnions([innerNumber, badText, inner, notList, union]), [badText]);
});

await t.test('what has nothing to do with a union stays', async (t) => {
  const other = violation('type', '/ab', '#/ab/type');
  t.strictSame(foldUnions([other, notText, notList, union]), [other, union]);
  t.strictSame(foldUnions([other]), [other]);
});
