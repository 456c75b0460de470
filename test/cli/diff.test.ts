import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { main } from '../../src/cli/command-line.ts';
import { MemoryTerminal } from '../helpers/memory-terminal.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { freePort } from '../helpers/worker-plan.ts';
import { startConfigServer } from './config-server.ts';

const ENV = { TOKEN: 'one-that-nobody-sees' };

function yaml(admin: number | 'off', status: number): string {
  return `workers: 1\nlisten: { http: 80, admin: ${admin} }\nroutes: [{ respond: { status: ${status} }, headers: { request: { set: { X-Auth-Token: "\${TOKEN}" } } } }]\n`;
}

async function run(t: Test, text: string, args: readonly string[], env: Record<string, string> = ENV): Promise<[code: number, out: string, err: string]> {
  const file = join(tempDir(t), 'gateway.yaml');
  writeFileSync(file, text);
  const terminal = new MemoryTerminal(env);
  return [await main(['diff', '-c', file, ...args], terminal), terminal.printed, terminal.complained];
}

await t.test('against an older file: 0 nothing, 1 changes', async (t) => {
  const older = join(tempDir(t), 'older.yaml');
  writeFileSync(older, yaml('off', 200));
  t.strictSame(await run(t, yaml('off', 200), [older]), [0, 'Nothing changes.\n', '']);
  t.match(await run(t, yaml('off', 201), [older]), [1, /^Routes\n {2}~ \/\* {3}gateway\.yaml:3\n {4}~ respond\.status: 200 → 201 {3}gateway\.yaml:3\n$/, '']);
  const [code, out] = await run(t, yaml('off', 201), [older, '--json']);
  t.match([code, JSON.parse(out)], [1, { routes: [{ kind: 'changed' }], restart: [] }]);
});

await t.test('against the running gateway, secrets by salted digests', async (t) => {
  // The admin address is part of the file, so it is put in once it is known.
  const port = await freePort();
  const { address, bodies } = await startConfigServer(t, yaml(port, 200), ENV);
  const at = (status: number): string => yaml(port, status).replace(`admin: ${port}`, `admin: ${address.port}`);
  const [code, out, err] = await run(t, at(200), []);
  t.match([code, out, err], [1, `Listeners\n  ~ listen.admin: ${port} → ${address.port}   gateway.yaml:2\n`, '']);
  t.equal((await run(t, at(200), ['--running']))[1], out);
  t.match((await run(t, at(200), [], { TOKEN: 'another' }))[1], /~ headers\.request\.set\.X-Auth-Token: \$\{TOKEN\} \(another secret\)/);
  t.match((await run(t, at(200).replace('workers: 1', 'workers: 2'), []))[1], /workers: 1 → 2 needs a restart/);
  t.ok(bodies.length > 0 && bodies.every((body) => !body.includes(ENV.TOKEN)));
});

await t.test('a gateway that cannot compare leaves secrets open', async (t) => {
  const port = await freePort();
  const { address } = await startConfigServer(t, yaml(port, 200), ENV, false);
  t.match(await run(t, yaml(address.port, 200), []), [1, /Secrets that cannot be compared\n {2}routes\["\/\*"\]\.headers\.request\.set\.X-Auth-Token\n$/, '']);
});

await t.test('what cannot be compared is exit code 2', async (t) => {
  t.match(await run(t, yaml('off', 200), []), [2, '', /admin: off/]);
  t.match(await run(t, yaml(await freePort(), 200), []), [2, '', /no Sluice answers/]);
  t.match(await run(t, yaml('off', 200), ['/nowhere.yaml']), [2, '', /nowhere\.yaml/]);
  t.match(await run(t, 'nonsense: 1', ['/nowhere.yaml']), [2, '', /nonsense/]);
  t.match(await run(t, yaml('off', 200), ['/nowhere.yaml', '--running']), [2, '', /cannot both/]);
  t.match(await run(t, yaml('off', 200), ['a', 'b']), [2, '', /one word too many/]);
});
