import { stripVTControlCharacters } from 'node:util';
import t from 'tap';
import type { Diagnostic } from '../../src/config/diagnostic.ts';
import { formatDiagnostics } from '../../src/config/diagnostic-format.ts';

const diagnostic: Diagnostic = {
  severity: 'error',
  file: 'a.yaml',
  line: 12,
  column: 4,
  width: 5,
  message: 'there is no option `htttp` here',
  hint: 'Did you mean `http`?',
  sourceLine: '   htttp: 80',
};

await t.test('place, sentence, line, caret and advice stand below each other', async (t) => {
  t.equal(
    formatDiagnostics([diagnostic], { color: false }),
    'a.yaml:12:4: error: there is no option `htttp` here\n   12 |    htttp: 80\n      |    ^^^^^\n        Did you mean `http`?\n',
  );
});

await t.test('colour changes nothing but the colour', async (t) => {
  const colored = formatDiagnostics([{ ...diagnostic, severity: 'warning' }], { color: true });
  t.match(colored, '\u001b[33m^^^^^\u001b[0m');
  t.equal(stripVTControlCharacters(colored), formatDiagnostics([{ ...diagnostic, severity: 'warning' }], { color: false }));
});

await t.test('a diagnostic of a whole file has neither line nor caret', async (t) => {
  t.equal(formatDiagnostics([{ ...diagnostic, line: 0, column: 0, sourceLine: null, hint: null }], { color: false }), 'a.yaml: error: there is no option `htttp` here\n');
});

await t.test('of an endless line a window around the caret is shown', async (t) => {
  const text = formatDiagnostics([{ ...diagnostic, column: 5001, sourceLine: `${'a'.repeat(5000)}HERE!${'b'.repeat(5000)}` }], { color: false });
  const [, line = '', caret = ''] = text.split('\n');
  t.ok(line.length < 150);
  t.equal(line.slice(caret.indexOf('^'), caret.lastIndexOf('^') + 1), 'HERE!');
});

await t.test('what a file holds cannot move the cursor of the terminal', async (t) => {
  const text = formatDiagnostics([{ ...diagnostic, message: 'a\u001b[2Jb', sourceLine: '\t\u001b[31m\u202ex' }], { color: false });
  for (const character of ['\u001b', '\t', '\u202e']) t.notOk(text.includes(character));
});
