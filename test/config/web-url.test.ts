import t from 'tap';
import { checkUrl } from '../../src/config/web-url.ts';

await t.test('a URL has a scheme that is asked for, and nothing that would be lost or seen', async (t) => {
  const cases: Readonly<Record<string, RegExp>> = {
    'ftp://a': /starts with https:\/\/ or http:\/\/$/,
    'a:80': /starts with/,
    'http://': /starts with/,
    'http://me:word@a': /no user name and no password/,
    'http://a#b': /no `#`/,
  };
  for (const [text, message] of Object.entries(cases)) t.throws(() => checkUrl(text, ['https:', 'http:']), { name: 'RangeError', message }, text);
  t.doesNotThrow(() => checkUrl('http://a:8000/b?c', ['https:', 'http:']));
  t.throws(() => checkUrl('http://a', ['https:']), { name: 'RangeError' });
});
