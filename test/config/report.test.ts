import t from 'tap';
import { formatDiagnostics } from '../../src/config/diagnostic-format.ts';
import { Report } from '../../src/config/report.ts';
import { Source } from '../../src/config/source.ts';

const source = new Source('b.yaml', 'one\ntwo');

await t.test('diagnostics come in the order of the file, each once', async (t) => {
  const report = new Report();
  report.error({ source, start: 4, end: 7 }, 'second');
  report.warning({ source, start: 0, end: 1 }, 'first', 'advice');
  report.error({ source, start: 4, end: 7 }, 'second');
  report.fileError('a.yaml', 'unreadable');
  t.match(report.sorted(), [
    { file: 'a.yaml', line: 0, message: 'unreadable', sourceLine: null },
    { file: 'b.yaml', line: 1, column: 1, severity: 'warning', hint: 'advice' },
    { file: 'b.yaml', line: 2, column: 1, width: 3, sourceLine: 'two' },
  ]);
  t.equal(report.sorted().length, 3);
});

await t.test('warnings are no errors, and a caret ends with its line', async (t) => {
  const report = new Report();
  report.warning({ source, start: 1, end: 7 }, 'over two lines');
  t.equal(report.errorCount, 0);
  t.equal(report.sorted()[0]?.width, 2);
  t.equal(report.isUnreadable, false);
});

await t.test('threat: the password of a URL is not shown with its line, and the caret stays where it was', async (t) => {
  const text = 'store: "redis://me:ge/h@eim@host:x/0" # a@b';
  const report = new Report();
  report.error({ source: new Source('c.yaml', text), start: 7, end: 37 }, 'wrong');
  const [found] = report.sorted();
  t.equal(found?.sourceLine, 'store: "redis://me:********@host:x/0" # a@b');
  t.match(found, { column: 8, width: 30 });
});

function shown(text: string): string | null {
  const report = new Report();
  report.error({ source: new Source('d.yaml', text), start: 0, end: 1 }, 'wrong');
  return report.sorted()[0]?.sourceLine ?? null;
}

await t.test('threat: a key is not shown with its line, wherever it stands, and the hash of one is', async (t) => {
  const secrets = ['slk_0', 'AbCdEfGhIjKlMnOpQr-5_', 'f'.repeat(32), '123e4567-e89b-12d3-a456-426614174000'];
  for (const secret of secrets) t.equal(shown(`- { key: "${secret}", a: b }`), `- { key: "${'*'.repeat(secret.length)}", a: b }`);
  for (const plain of [`sha256:${'0f'.repeat(32)}`, 'a-very-long-host-name-1.internal.example.com', 'X-Forwarded-For', 'timeouts']) t.equal(shown(plain), plain);
});

await t.test('threat: a value in the place of a secret is hidden whatever it looks like', async (t) => {
  const report = new Report();
  report.secretError({ source: new Source('e.yaml', 'hash: letmein # x'), start: 6, end: 13 }, 'wrong', 'advice');
  t.match(report.sorted(), [{ line: 1, column: 7, width: 7, sourceLine: 'hash: ******* # x', hint: 'advice', severity: 'error' }]);
  t.equal(report.errorCount, 1);
});

await t.test('threat: what is called a secret is not shown with its line, whatever the fault there is; a reference and a switch are', async (t) => {
  const hidden = [
    'jwt: { secret: word-word-word, leewy: 3s }', 'jwt: { secret: "a \\"b\\", c", leewy: 3s }', "  password: 'it''s'  # mine", 'headers: { request: { set: { Authorization: "Basic dXNlcjpwYXNz" } } }',
    '"X-Api-Token": word-word', 'Cookie: a=b; c=d', 'clientSecret: abcdefghijklmn', '{"jwt":{"secret":"word-word","audiense":"x"}}', 'key: word-word-1', 'password: word-word#2', 'pwd: word-word',
  ].filter((text) => /word-word|\\"b|'it|dXNl|: abcd|a=b/.test(shown(text) ?? '') || shown(text)?.length !== text.length);
  t.strictSame(hidden, []);
  t.equal(shown('jwt: { secret: word-word-word, leewy: 3s }'), 'jwt: { secret: **************, leewy: 3s }');
  for (const text of ['jwt: { secret: "${JWT_SECRET}" }', 'secret: file:/run/secrets/jwt', 'stripToken: true', 'secret: { file: x }', 'key: address', 'tokens: [a, b]']) t.equal(shown(text), text);
});

await t.test('threat: a line of a hundred thousand characters with many faults is masked in no time', async (t) => {
  const part = '"redis://host:x/": { "password": "word-word", "url": "https://a:b" }, ';
  const source = new Source('c.yaml', part.repeat(3000));
  const report = new Report();
  const startedMs = process.cpuUsage().user / 1000;
  for (let i = 0; i < 50; i += 1) report.error({ source, start: i * 4000, end: i * 4000 + 5 }, `wrong ${i}`);
  t.ok(process.cpuUsage().user / 1000 - startedMs < 2000);
  const shown = formatDiagnostics(report.sorted(), { color: false });
  t.match(shown, /\*{9}/);
  t.notMatch(shown, /word-w/);
});
