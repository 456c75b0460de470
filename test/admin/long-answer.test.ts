import fastify from 'fastify';
import t from 'tap';
import { sendLong } from '../../src/admin/long-answer.ts';

async function* slicesOf(...slices: unknown[][]): AsyncGenerator<unknown[]> {
  yield* slices;
}

await t.test('the text is that of the whole object, with and without members beside the list', async (t) => {
  const lists = [[], [[]], [[1, 'a"'], [], [{ b: null }]]];
  const members = [{}, { generation: 4, 'a"b': [1] }];
  for (const list of lists) {
    for (const before of members) {
      for (const after of members) {
        const app = fastify();
        app.get('/', (_request, reply) => sendLong(reply, { before, name: 'list', slices: slicesOf(...list), after: () => after }));
        const { body, headers } = await app.inject('/');
        const rest = JSON.stringify(after) === '{}' ? '' : `,${JSON.stringify(after).slice(1, -1)}`;
        t.equal(body, `${JSON.stringify({ ...before, list: list.flat() }).slice(0, -1)}${rest}}`);
        t.equal(headers['content-type'], 'application/json; charset=utf-8');
        t.equal((await app.inject({ method: 'HEAD', url: '/' })).body, '');
      }
    }
  }
});
