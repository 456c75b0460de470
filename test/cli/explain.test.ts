import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { main } from '../../src/cli/command-line.ts';
import { MemoryTerminal } from '../helpers/memory-terminal.ts';
import { tempDir } from '../helpers/temp-dir.ts';

const YAML = `listen: { http: 80, https: 443, admin: off }
upstreams: { api: { targets: ["127.0.0.1:1", "127.0.0.1:2"], balance: { hash: header:X-Id } } }
defaults: { headers: { preset: api } }
routes:
  - { host: a.test, path: /api/*, upstream: api, stripPrefix: /api, jwt: { secret: "\${JWT}", audience: x } }
  - { host: a.test, path: /api/*, methods: [PUT], respond: {} }
`;

async function run(t: Test, ...args: string[]): Promise<[code: number, out: string, err: string]> {
  const file = join(tempDir(t), 'gateway.yaml');
  writeFileSync(file, YAML);
  const terminal = new MemoryTerminal({ JWT: '9f1c27d06b5e4a83c2d7f0e69b18a45d3c70e2f14b96d85a' });
  return [await main(['explain', '-c', file, ...args], terminal), terminal.printed, terminal.complained];
}

await t.test('sections for a terminal, each value with its line', async (t) => {
  const [code, out, err] = await run(t, 'https://a.test/api/users', '-H', 'X-Id: 7', '-H', 'User-Agent: t', '--client', '198.51.100.7');
  t.strictSame([code, err], [0, '']);
  for (const line of [
    'GET https://a.test/api/users  from 198.51.100.7', 'listener   https [::]:443   gateway.yaml:1', 'seen as    a.test/api/users', 'route      a.test/api/*   gateway.yaml:5',
    'not        a.test/api/* #2   gateway.yaml:6: wants methods PUT', 'policies   headers: works on the answer', '             preset: api   gateway.yaml:3, defaults',
    '           jwt: depends on who the client is: taken as passed', '             secret: ${JWT}', 'options    stripPrefix: /api   gateway.yaml:5',
    '           hash of header x-id (7)', 'sent       GET /users HTTP/1.1', '           + X-Forwarded-For: 198.51.100.7', '             User-Agent: t', "answer     the upstream's, and",
    '           - X-Powered-By',
  ]) t.ok(out.includes(line), `${line}\n\n${out}`);
});

await t.test('a redirect, a refusal and what has no listener are said as such', async (t) => {
  t.match(await run(t, 'http://a.test/api/x?y=1'), [0, /redirect {3}308 to HTTPS: https:\/\/a\.test\/api\/x\?y=1\n$/, '']);
  t.match(await run(t, 'https://a.test/%2fx'), [0, /REFUSED {4}400 bad_path: it contains the escape %2F\nroute {6}none\n/, '']);
  t.match(await run(t, 'https://b.test:8443/'), [0, /no port of the URL: taken as mapped[^]*REFUSED {4}404 no_route/, '']);
});

await t.test('with --json, all of it for a program', async (t) => {
  const [code, out] = await run(t, 'PUT', 'https://a.test/api/x', '--json');
  t.match([code, JSON.parse(out)], [0, { route: { id: 'a.test/api/* #2' }, refusal: null, sent: null, answer: { by: 'gateway', status: 200 } }]);
});

await t.test('what is wrong with the command line is exit code 2, what cannot be is 1', async (t) => {
  t.match(await run(t), [2, '', /a URL is missing/]);
  t.match(await run(t, 'a.test'), [2, '', /write it in full/]);
  t.match(await run(t, 'http://a.test/', '-H', 'nonsense'), [2, '', /is not a header/]);
  t.match(await run(t, 'GET', 'http://a.test/', 'more'), [2, '', /one word too many/]);
  const file = join(tempDir(t), 'plain.yaml');
  writeFileSync(file, 'listen: { http: 80 }\nroutes: [{ respond: {} }]');
  const terminal = new MemoryTerminal();
  t.equal(await main(['explain', '-c', file, 'https://a.test/'], terminal), 1);
  t.match(terminal.complained, 'nothing listens for https');
  t.equal(await main(['explain', '-c', '/nowhere.yaml', 'https://a.test/'], terminal), 2);
  t.equal(await main(['check', '--client', '1.2.3.4'], terminal), 2);
});
