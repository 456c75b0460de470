import fastify from 'fastify';
import t from 'tap';
import { AdminProblem, sendProblem } from '../../src/admin/problem.ts';

await t.test('a problem is answered as RFC 9457 says, with further members beside', async (t) => {
  const app = fastify();
  app.get('/', (_request, reply) => sendProblem(reply, new AdminProblem(409, 'Busy', 'Try again.'), { extra: [1] }));
  const response = await app.inject('/');
  t.equal(response.statusCode, 409);
  t.match(response.headers['content-type'], /^application\/problem\+json/);
  t.strictSame(response.json(), { type: 'about:blank', title: 'Busy', status: 409, detail: 'Try again.', extra: [1] });
});
