import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { check } from '../../src/cli/check.ts';
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
