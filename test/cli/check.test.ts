import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { check } from '../../src/cli/check.ts';
import { makeCa, makePair } from '../helpers/certificates.ts';
import { MemoryTerminal } from '../helpers/memory-terminal.ts';
import { tempDir } from '../helpers/temp-dir.ts';

async function checked(t: Test, yaml: string, env: Record<string, string> = {}): Promise<{ code: number; terminal: MemoryTerminal; file: string }> {
  const file = join(tempDir(t), 'gateway.yaml');
  writeFileSync(file, yaml);
  const terminal = new MemoryTerminal(env);
  return { code: await check(file, terminal), terminal, file };
}

await t.test('a good file is told what is in it, also while its ports are in use', async (t) => {
  const server = net.createServer().listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { code, terminal, file } = await checked(t, `listen: { http: "127.0.0.1:${port}" }\nupstreams: { a: "x:1", b: "y:1" }\nroutes: [{ upstream: a }, { path: /b, upstream: b }]`);
  t.match([code, terminal.printed, terminal.complained], [0, `${file} is valid: 2 routes, 2 upstreams.\n`, '']);
});

await t.test('a bad file exits with 2 and shows every error with its line', async (t) => {
  const { code, terminal } = await checked(t, 'listen: { htp: 80 }\nroutes:\n  - { respond: {}, pth: /x }\n');
  t.match([code, terminal.printed], [2, '']);
  t.match(terminal.complained, /htp[^]*did you mean[^]*pth/i);
  t.match(terminal.complained, /gateway\.yaml:3:/);
});

await t.test('a variable is taken from the environment of the terminal', async (t) => {
  const yaml = 'listen: { http: "${PORT}" }\nroutes: [{ respond: {} }]';
  t.equal((await checked(t, yaml, { PORT: '80' })).code, 0);
  const { code, terminal } = await checked(t, yaml);
  t.equal(code, 2);
  t.match(terminal.complained, 'PORT');
});

await t.test('a file that is not there is named', async (t) => {
  const terminal = new MemoryTerminal();
  t.equal(await check('/nowhere/gateway.yaml', terminal), 2);
  t.match(terminal.complained, '/nowhere/gateway.yaml');
});

await t.test('says which hosts cannot have a certificate by ACME, and why', async (t) => {
  const yaml = `listen: { http: 80, https: 443 }
acme: {}
routes: [{ host: [app.acme-inc.com, "*.acme-inc.com", intra.lan, 10.0.0.1], respond: {} }]`;
  const { code, terminal } = await checked(t, yaml);
  t.equal(code, 0);
  t.strictSame(terminal.printed.split('\n').slice(1), [
    'ACME: 1 host can have a certificate from letsencrypt.',
    '  *.acme-inc.com cannot: a wildcard needs the challenge `dns-01`; the local authority signs one.',
    '  intra.lan cannot: its name is not a public one; the local authority signs one.',
    '  10.0.0.1 cannot: it is an address, not a name; the local authority signs one.',
    '',
  ]);
});

await t.test('says so when port 80 is not listened on and tls-alpn-01 is off', async (t) => {
  const { terminal } = await checked(t, `listen: { https: 443 }
acme: { challenges: [http-01], whilePending: refuse }
routes: [{ host: app.acme-inc.com, respond: {} }]`);
  t.match(terminal.printed, '  app.acme-inc.com cannot: `http-01` needs port 80, `listen` has no `http`, and `tls-alpn-01` is off; connections to it are refused.');
});

await t.test('a host that a certificate of the user covers needs none, and a certificate that cannot be used is an error', async (t) => {
  const dir = tempDir(t);
  const { cert, key } = await makePair(await makeCa(), ['*.acme-inc.com']);
  writeFileSync(join(dir, 'a.crt'), cert);
  writeFileSync(join(dir, 'a.key'), key, { mode: 0o600 });
  const yaml = (keyFile: string): string => `listen: { https: 443 }
acme: { onDemand: { allow: '*.customers.com' } }
tls: { certificates: [{ cert: ${dir}/a.crt, key: ${dir}/${keyFile} }] }
routes: [{ host: [app.acme-inc.com, '*.acme-inc.com'], respond: {} }]`;
  const good = await checked(t, yaml('a.key'));
  t.equal(good.code, 0);
  t.equal(good.terminal.complained, '');
  t.match(good.terminal.printed, /ACME: 0 hosts can have a certificate from letsencrypt\.\n$/);
  const bad = await checked(t, yaml('a.crt'));
  t.equal(bad.code, 2);
  t.match(bad.terminal.complained, 'are the two files swapped?');
});
