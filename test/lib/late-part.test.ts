import t from 'tap';
import { latePart, MissingPartError } from '../../src/lib/late-part.ts';

const GONE = new URL('gone-with-an-update.js', import.meta.url).href;

await t.test('a part whose file is gone is told of in words that help, with the cause', async (t) => {
  const failed = await latePart(async (): Promise<unknown> => import(GONE)).catch((error: unknown) => error);
  t.type(failed, MissingPartError);
  t.match(failed, { message: /part of this program is missing.*SIGUSR2.*start it anew/, cause: { code: 'ERR_MODULE_NOT_FOUND' } });
  t.notMatch(String(failed), /gone-with/, 'names of its files mean nothing to whoever reads it');
});

await t.test('a package that is gone is such a part, too', async (t) => {
  const name = 'no-such-package-of-ours';
  await t.rejects(latePart(async (): Promise<unknown> => import(name)), MissingPartError);
});

await t.test('what fails for another reason fails as it is', async (t) => {
  const other = new Error('no descriptor to spare');
  await t.rejects(latePart(() => Promise.reject(other)), other);
  t.equal(await latePart(() => Promise.resolve(7)), 7);
});
