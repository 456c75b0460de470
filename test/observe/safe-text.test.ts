import * as fc from 'fast-check';
import t from 'tap';
import { escapeControls, jsonText, plainText } from '../../src/observe/safe-text.ts';

const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 80 }), fc.string({ unit: fc.constantFrom('"', '\\', '\n', '\u009b', 'é', '\ud800', 'a'), maxLength: 80 }));
const DANGEROUS = /[\p{Cc}\u2028\u2029\u202e\u2066]/u;

await t.test('a JSON text says what was put in, and holds no control character', async (t) => {
  fc.assert(
    fc.property(anyText, (text) => {
      const json = jsonText(text, 10_000);
      return JSON.parse(json) === text.toWellFormed() && !DANGEROUS.test(json);
    }),
  );
  t.equal(jsonText('a "b" \\ \n \u007f \u009b \u202e', 100), String.raw`"a \"b\" \\ \n \u007f \u009b \u202e"`);
});

await t.test('no text is longer than its bound in bytes, and a cut never falls inside an escape', async (t) => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 6, max: 60 }), (text, bytesMax) => {
      const json = jsonText(text, bytesMax);
      JSON.parse(json);
      return Buffer.byteLength(json) <= bytesMax + 2 && Buffer.byteLength(plainText(text, bytesMax)) <= bytesMax;
    }),
  );
  t.equal(jsonText('x'.repeat(50), 20), `"${'x'.repeat(17)}…"`, 'what was cut says so');
  t.equal(jsonText('x'.repeat(20), 20), `"${'x'.repeat(20)}"`, 'what fits is whole');
});

await t.test('a text for people shows control characters and leaves quotes alone', async (t) => {
  t.equal(plainText('say "hi"\r\n\u001b[31m\u061c', 100), String.raw`say "hi"\u000d\u000a\u001b[31m\u061c`);
  t.equal(escapeControls('é → ok'), 'é → ok');
});
