import t from 'tap';
import { ConfigError, type Diagnostic } from '../../src/config/diagnostic.ts';

const diagnostic: Diagnostic = { severity: 'error', file: 'a.yaml', line: 2, column: 3, width: 1, message: 'no', hint: null, sourceLine: 'x' };

await t.test('the message is the first diagnostic and how many there are', async (t) => {
  t.equal(new ConfigError([diagnostic]).message, 'a.yaml:2:3: no');
  t.equal(new ConfigError([diagnostic, diagnostic, diagnostic]).message, 'a.yaml:2:3: no (and 2 more)');
  t.strictSame(new ConfigError([diagnostic]).diagnostics, [diagnostic]);
});
