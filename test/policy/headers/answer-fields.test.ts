import t from 'tap';
import { AnswerFields } from '../../../src/policy/headers/answer-fields.ts';

await t.test('some are taken out, some stay where they are said already, some are said in any case', async (t) => {
  const fields = new AnswerFields({ removed: ['server', 'x-b'], lacking: [['X-Frame-Options', 'SAMEORIGIN'], ['X-A', 'a']], said: [['X-B', 'ours'], ['Link', '</b>']] });
  const headers = ['SERVER', 'nginx', 'Content-Type', 'text/html', 'x-frame-options', 'DENY', 'X-B', '1', 'x-b', '2', 'Link', '</a>'];
  fields.apply(headers);
  t.strictSame(headers, ['Content-Type', 'text/html', 'x-frame-options', 'DENY', 'Link', '</a>', 'X-A', 'a', 'X-B', 'ours', 'Link', '</b>']);
});

await t.test('what stays in the order it came is that of the upstream, whether or not something is taken out', async (t) => {
  const fields = new AnswerFields({ removed: ['x'], lacking: [], said: [] });
  for (const [before, after] of [[['A', '1', 'B', '2'], ['A', '1', 'B', '2']], [['x', '0', 'A', '1', 'X', '0', 'B', '2'], ['A', '1', 'B', '2']], [['X', '1'], []], [[], []]] as const) {
    const headers = [...before];
    fields.apply(headers);
    t.strictSame(headers, after);
  }
});

await t.test('threat: names that are made up do not fill the memory, and are judged all the same', async (t) => {
  const fields = new AnswerFields({ removed: ['server'], lacking: [], said: [] });
  for (let i = 0; i < 2000; i++) fields.apply([`X-${i}`, '']);
  const headers = ['sErVeR', 'nginx', 'X-1', 'a'];
  fields.apply(headers);
  t.strictSame(headers, ['X-1', 'a']);
});

await t.test('a value that is the name of a header is none', async (t) => {
  const headers = ['X-A', 'server', 'Server', 'a'];
  new AnswerFields({ removed: ['server'], lacking: [], said: [] }).apply(headers);
  t.strictSame(headers, ['X-A', 'server']);
});
