import fastify from 'fastify';
import t from 'tap';
import { NO_SCHEMAS } from '../../src/lib/no-schemas.ts';

await t.test('routes without a schema work, and one that has a schema is a bug that is found at the start', async (t) => {
  const app = fastify({ schemaController: NO_SCHEMAS });
  app.get('/', async () => ({ well: true }));
  t.strictSame((await app.inject('/')).json(), { well: true });
  const wrong = fastify({ schemaController: NO_SCHEMAS });
  wrong.get('/', { schema: { querystring: { type: 'object' } } }, async () => null);
  await t.rejects(async () => wrong.ready(), /a route here has a schema/);
});
