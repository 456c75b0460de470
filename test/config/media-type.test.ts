import t from 'tap';
import { checkMediaTypePattern } from '../../src/config/media-type.ts';

await t.test('a type, a family and a syntax', async (t) => {
  for (const text of ['text/html', 'TEXT/*', 'application/*+json', 'application/vnd.api+json', 'image/svg+xml', 'font/ttf']) {
    t.doesNotThrow(() => checkMediaTypePattern(text), text);
  }
});

await t.test('what is none says what would be', async (t) => {
  const cases: readonly (readonly [text: string, words: string])[] = [
    ['*/*', 'pictures'], ['*', 'pictures'], ['text/html; charset=utf-8', 'parameters'], ['text', 'application/*+json'], ['text/', 'not a type'],
    ['/html', 'not a type'], ['te*t/html', 'not a type'], ['text/h*', 'not a type'], ['application/*+', 'not a type'], ['a/b/c', 'not a type'], ['text/ html', 'not a type'],
  ];
  for (const [text, words] of cases) t.throws(() => checkMediaTypePattern(text), { name: 'RangeError', message: new RegExp(words.replaceAll(/[*+/]/g, '\\$&')) }, text);
});
