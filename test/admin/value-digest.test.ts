import { createHmac } from 'node:crypto';
import { Value } from 'typebox/value';
import t from 'tap';
import { configValues } from '../../src/admin/config-values.ts';
import { digestOf, digestQuestionSchema, DIGESTS_MAX, samePaths } from '../../src/admin/value-digest.ts';
import { loadText } from '../helpers/config-text.ts';

const SALT = 'a'.repeat(64);

await t.test('a value is known by its digest, with the salt of the question, and its type counts', async (t) => {
  const { root } = loadText('routes: [{ respond: { status: 200, body: "${BODY}" } }]', { env: { BODY: 'told to nobody' } });
  const same = (path: string, read: unknown, salt = SALT): Promise<string[]> => samePaths(configValues(root, ['r'], false), { salt: SALT, values: [{ path, digest: digestOf(salt, read) }] });
  t.strictSame(await same('routes["r"].respond.body', 'told to nobody'), ['routes["r"].respond.body']);
  t.strictSame(await same('routes["r"].respond.status', 200), ['routes["r"].respond.status']);
  t.strictSame(await Promise.all([same('routes["r"].respond.status', '200'), same('routes["r"].respond.body', 'other'), same('nothing', 'x'), same('routes["r"].respond.body', 'told to nobody', 'b'.repeat(64))]), [[], [], [], []]);
  t.equal(digestOf(SALT, 'x'), createHmac('sha256', SALT).update('"x"').digest('hex'));
});

await t.test('one question is one guess at each value', async (t) => {
  const { root } = loadText('routes: [{ respond: { body: right } }]');
  const path = 'routes["r"].respond.body';
  const guesses = ['wrong', 'right'].map((read) => ({ path, digest: digestOf(SALT, read) }));
  t.strictSame(await samePaths(configValues(root, ['r'], false), { salt: SALT, values: guesses }), []);
  const question = (count: number, digest = 'a'.repeat(64)): unknown => ({ salt: SALT, values: Array.from({ length: count }, () => ({ path, digest })) });
  t.strictSame([question(DIGESTS_MAX), question(DIGESTS_MAX + 1), question(0), question(1, 'x'), { salt: 'short', values: [] }].map((asked) => Value.Check(digestQuestionSchema, asked)), [true, false, false, false, false]);
});
