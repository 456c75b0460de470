import { rmSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { AdminClientError } from '../../src/admin/admin-client.ts';
import { withGateway } from '../../src/cli/running-gateway.ts';
import { adminFile, moveAdmin } from '../helpers/admin-file.ts';
import { MemoryTerminal } from '../helpers/memory-terminal.ts';

async function said(path: string, error: Error | null, env: Readonly<Record<string, string>> = {}): Promise<[number, string]> {
  const terminal = new MemoryTerminal(env);
  const code = await withGateway(path, terminal, async () => { if (error !== null) throw error; });
  return [code, terminal.complained];
}

await t.test('the address of the file is asked, with the token of the environment', async (t) => {
  const terminal = new MemoryTerminal({ SLUICE_ADMIN_TOKEN: 'the-token-of-the-operator' });
  const file = adminFile(t, 9191);
  t.equal(await withGateway(file, terminal, async (place) => {
    t.match(place, { address: { port: 9191 }, token: 'the-token-of-the-operator' });
  }), 0);
  t.equal(await withGateway(file, terminal, async () => 7), 7);
  t.strictSame([terminal.printed, terminal.complained], ['', '']);
});

await t.test('whoever stays is told where the file says that it listens by now, and where it does not, the last place', async (t) => {
  const terminal = new MemoryTerminal();
  const file = adminFile(t, 9191);
  await withGateway(file, terminal, async (_place, seek) => {
    const ports: number[] = [];
    for (const change of [() => undefined, () => moveAdmin(file, 9292), () => writeFileSync(file, 'listen: ['), () => moveAdmin(file, 'off'), () => rmSync(file), () => moveAdmin(file, 9393)]) {
      change();
      ports.push(seek().address.port);
    }
    t.strictSame(ports, [9191, 9292, 9292, 9292, 9292, 9393]);
  });
  t.equal(terminal.complained, '');
});

await t.test('where nobody can be asked it says which address, and what to look at', async (t) => {
  const file = adminFile(t, 9191);
  const unreached = new AdminClientError('no Sluice answers at 127.0.0.1:9191');
  t.strictSame(await said(file, unreached), [1, [
    'sluice: no Sluice answers at 127.0.0.1:9191',
    `Is it running, on this machine or in this container, and was it started with this \`listen.admin\` of ${file}? A token, where it has one, is read from SLUICE_ADMIN_TOKEN.`,
    '',
  ].join('\n')]);
  t.notMatch((await said(file, unreached, { SLUICE_ADMIN_TOKEN: 'x'.repeat(20) }))[1], 'SLUICE_ADMIN_TOKEN');
  t.strictSame(await said(file, new AdminClientError('it refused', { status: 404 })), [1, 'sluice: it refused\n'], 'who answers, runs');
  t.match(await said(adminFile(t, 'off'), null), [1, /admin: off/]);
  t.match(await said('/nowhere.yaml', null), [2, /nowhere/]);
  await t.rejects(said(file, new TypeError('a bug')), TypeError);
});

await t.test('threat: what a stranger answers does not drive the terminal', async (t) => {
  const terminal = new MemoryTerminal();
  await withGateway(adminFile(t, 9191), terminal, async () => { throw new AdminClientError('it said \u001b[2J\u009b', { status: 500 }); });
  t.equal(terminal.complained, String.raw`sluice: it said \u001b[2J\u009b` + '\n');
});
