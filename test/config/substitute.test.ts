import t from 'tap';
import { checkBroken, configOf, faultsOf, loadText } from '../helpers/config-text.ts';

const BODY = 'routes: [{ respond: { body: VALUE } }]';

function bodyOf(value: string, env: Readonly<Record<string, string>> = {}, files: Readonly<Record<string, string>> = {}): string {
  const { action } = configOf(BODY.replace('VALUE', () => value), { env, files }).routes[0] ?? {};
  return action?.kind === 'respond' ? action.body : '';
}

await t.test('variables stand inside a text, with and without a default', async (t) => {
  const env = { NAME: 'x', EMPTY: '' };
  t.equal(bodyOf('"a ${NAME} b ${NAME}"', env), 'a x b x');
  t.equal(bodyOf('"${NONE:-d}${EMPTY:-e}${EMPTY}"', env), 'de');
  t.equal(bodyOf('"${NONE:-}"', env), '');
  t.equal(bodyOf('"${NONE:-http://a:80/}"', env), 'http://a:80/');
});

await t.test('$${ is a literal ${, and a dollar alone is a dollar', async (t) => {
  t.equal(bodyOf('"$${NAME} costs $5"', { NAME: 'x' }), '${NAME} costs $5');
});

await t.test('what a variable brings in is not substituted again', async (t) => {
  t.equal(bodyOf('"${A}"', { A: '${B}', B: 'secret' }), '${B}');
  t.equal(bodyOf('"${A}"', { A: 'file:/etc/passwd' }, { '/etc/passwd': 'root' }), 'file:/etc/passwd');
});

await t.test('a variable becomes the number, switch or text that is wanted, in quotes or not', async (t) => {
  const env = { N: '5', PORT: '8081', OFF: 'false', T: '10s' };
  const config = configOf('workers: ${N}\nlisten:\n  http: ${PORT}\n  limits: { headers: "1${N}" }\nroutes: [{ accessLog: "${OFF}", respond: {} }]\ndrainTimeout: ${T}', { env });
  t.equal(config.workers, 5);
  t.equal(config.listen.http[0]?.port, 8081);
  t.equal(config.listen.limits.headerCountMax, 15);
  t.equal(config.routes[0]?.accessLog.errors, false);
  t.equal(config.drainTimeoutMs, 10_000);
  t.equal(bodyOf('"${N}"', env), '5');
  t.match(configOf('routes:\n  - respond:\n      body: ${N}', { env }).routes[0]?.action, { body: '5' });
});

await t.test('a file stands for its content without the last line break', async (t) => {
  const files = { '/run/secrets/x': 'hush\n', '/etc/sluice/y.txt': 'a\r\nb\r\n' };
  t.equal(bodyOf('file:/run/secrets/x', {}, files), 'hush');
  t.equal(bodyOf('file:./y.txt', {}, files), 'a\r\nb');
  t.equal(bodyOf('"file:/run/${DIR}/x"', { DIR: 'secrets' }, files), 'hush');
  t.equal(bodyOf('"file: not a path"', {}, files), 'file: not a path');
});

await t.test('what is missing or malformed is an error at its place', async (t) => {
  checkBroken(t, [
    ['workers: »${NOPE}', 'no variable NOPE', '${NOPE:-default}'],
    ['routes: [{ respond: { body: "a »${NOPE} b" } }]', 'no variable NOPE'],
    ['routes: [{ respond: { body: "a »${1X}" } }]', 'not a variable', '$${'],
    ['routes: [{ respond: { body: "a »${NOPE" } }]', 'not a variable'],
    ['routes: [{ respond: { body: »file:/run/secrets/nope } }]', 'cannot be read: there is no such file'],
  ]);
});

await t.test('a substituted secret never appears in a diagnostic', async (t) => {
  const secret = 'hunter2-4711';
  const env = { SECRET: secret };
  const texts = [
    'workers: ${SECRET}',
    'drainTimeout: ${SECRET}',
    'listen: { http: "${SECRET}" }',
    'trustedProxies: ["${SECRET}"]',
    'log: { level: "${SECRET}" }',
    'accessLog: "${SECRET}"',
    'upstreams: { a: "${SECRET}" }',
    'upstreams: { a: ["${SECRET}:1", "${SECRET}:1"] }',
    'upstreams: { a: { targets: "https://a", tls: { ca: "${SECRET}" } } }',
    'tls: { certificates: [{ cert: "${SECRET}", key: "${SECRET}" }] }',
    'listen: { http: ["${PORT:-4711}", "${PORT:-4711}"] }',
    'routes: [{ upstream: "${SECRET}" }]',
    'routes: [{ upstream: "file:/run/secrets/s" }]',
    'routes: [{ path: "${SECRET}", respond: {} }]',
    'routes: [{ path: "~(${SECRET}", respond: {} }]',
    'routes: [{ host: "${SECRET}:1", respond: {} }]',
    'routes: [{ host: "${SECRET}", respond: {} }, { host: "${SECRET}", respond: {} }]',
    'routes: [{ name: "${SECRET}", path: /a, respond: {} }, { name: "${SECRET}", path: /b, respond: {} }]',
    'routes: [{ methods: ["${SECRET}"], respond: {} }]',
    'routes: [{ respond: {}, redirect: "${SECRET}" }]',
    'routes: [{ redirect: "${SECRET}" }]',
    'routes: [{ upstream: "a:1", stripPrefix: "/${SECRET}" }]',
    'routes: [{ upstream: "a:1", rewrite: { pattern: a, with: "$7${SECRET}" } }]',
    'routes: [{ respond: { headers: { X-A: "${SECRET}\\n" } } }]',
  ];
  for (const text of texts) {
    const faults = faultsOf(() => loadText(text, { env, files: { '/run/secrets/s': secret } }));
    t.ok(faults.length > 0, text);
    t.notMatch(JSON.stringify(faults), /hunter2|"message":"[^"]*4711/, text);
  }
});

await t.test('variables that bring in too much are refused', async (t) => {
  const env = { BIG: 'x'.repeat(100_000) };
  const faults = faultsOf(() => loadText(`routes: [{ respond: { body: "${'${BIG}'.repeat(50)}" } }]`, { env }));
  t.match(faults, [{ message: /too long with its variables/ }]);
});
