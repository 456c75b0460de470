import t from 'tap';
import { jsonLine, jsonPage } from '../../src/cli/json-text.ts';

const VALUE = { path: '/\u001b[31m\u007f\u009b\u202e\n', list: [1, null] };

await t.test('threat: JSON has no character that a terminal obeys, and says the same', async (t) => {
  for (const text of [jsonLine(VALUE), jsonPage(VALUE)]) {
    t.strictSame(JSON.parse(text), VALUE);
    t.notMatch(text.replaceAll('\n', ''), /[\p{Cc}\u202e]/u);
  }
  t.notMatch(jsonLine(VALUE), '\n');
  t.match(jsonPage(VALUE), '\n  "list": [\n');
});
