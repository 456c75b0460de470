import { createHash } from 'node:crypto';
import t from 'tap';
import { main } from '../../src/cli/command-line.ts';
import { key } from '../../src/cli/key.ts';
import { parseKeyLine } from '../../src/config/credentials/api-key-entry.ts';
import { MemoryTerminal } from '../helpers/memory-terminal.ts';
import { settingsOf } from '../helpers/policies.ts';

async function outcome(args: readonly string[], typed = ''): Promise<[code: number, out: string, err: string]> {
  const terminal = new MemoryTerminal({}, typed);
  const code = await main(['key', ...args], terminal);
  return [code, terminal.printed, terminal.complained];
}

function lineOf(out: string): string {
  return /in a file of keys: +(.*)/.exec(out)?.[1] ?? '';
}

function flowOf(out: string): string {
  return /keys: +- (\{.*\})/.exec(out)?.[1] ?? '';
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

await t.test('a new key is printed once, with lines that its gateway takes', async (t) => {
  const [code, out, err] = await outcome(['new', 'mobile-app', '--roles', 'reader,writer', '--expires', '2099-01-31']);
  t.match([code, err], [0, '']);
  const [secret = ''] = out.split('\n');
  t.match(secret, /^slk_[0-9A-Za-z]{32}$/);
  t.equal(out.split(secret).length, 2, 'once');
  const expected = { name: 'mobile-app', hash: sha256(secret), roles: ['reader', 'writer'], expiresMs: Date.UTC(2099, 0, 31), limits: null };
  t.strictSame(parseKeyLine(lineOf(out)), expected);
  t.strictSame(settingsOf(`apiKey: { keys: [${flowOf(out)}] }`).apiKey?.keys, [expected]);
});

await t.test('no two keys are the same', async (t) => {
  const keys = await Promise.all(Array.from({ length: 20 }, async () => (await outcome(['new', 'a']))[1].split('\n')[0]));
  t.equal(new Set(keys).size, 20);
});

await t.test('an end may be a number of days from now', async (t) => {
  const [, out] = await outcome(['new', 'a', '--expires', '90d']);
  const days = ((parseKeyLine(lineOf(out)).expiresMs ?? 0) - Date.now()) / 86_400_000;
  t.ok(days > 88.9 && days <= 90, `${days} days`);
});

await t.test('the hash of a key that exists; the key is not repeated', async (t) => {
  const [code, out] = await outcome(['hash', 'partner'], 'a-key-of-somebody-else-0123456789');
  t.equal(code, 0);
  t.match(parseKeyLine(lineOf(out)), { name: 'partner', hash: sha256('a-key-of-somebody-else-0123456789') });
  t.notMatch(out, /somebody/);
  const [weak, , warning] = await outcome(['hash'], 'letmein');
  t.equal(weak, 0);
  t.match(warning, /7 characters can be found by trying/);
  t.notMatch(warning, /letmein/);
});

await t.test('what is wrong exits with 2', async (t) => {
  const cases: readonly (readonly [args: string[], words: RegExp])[] = [
    [[], /key new NAME/],
    [['old', 'a'], /key new NAME/],
    [['new'], /needs a name/],
    [['new', 'a', 'b'], /`b` is one word too many/],
    [['new', 'a b'], /name of a key/],
    [['new', 'a', '--roles', 'a b'], /roles are words/],
    [['new', 'a', '--expires', '2020-01-01'], /is over/],
    [['new', 'a', '--expires', 'soon'], /not a date/],
    [['hash'], /no key on standard input/],
    [['new', 'a', '--json'], /no option `--json`/],
  ];
  for (const [args, words] of cases) t.match(await outcome(args), [2, '', words], args.join(' '));
  t.equal(await key('', new MemoryTerminal(), { words: [], roles: null, expires: null }), 2);
});
