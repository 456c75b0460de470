import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createAdminServer } from '../../src/admin/admin-server.ts';
import { certs } from '../../src/cli/certs.ts';
import { main } from '../../src/cli/command-line.ts';
import type { CertificateStatus } from '../../src/tls/keeper-status.ts';
import { MemoryLogger, sampleCertificate, SampleServices } from '../admin/sample-services.ts';
import { MemoryTerminal } from '../helpers/memory-terminal.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { freePort } from '../helpers/worker-plan.ts';

interface Given {
  readonly services: SampleServices;
  readonly file: string;
  readonly run: (...args: string[]) => Promise<[code: number, out: string, err: string]>;
}

function fileFor(t: Test, admin: number | 'off'): string {
  const file = join(tempDir(t), 'gateway.yaml');
  writeFileSync(file, `listen: { http: 80, admin: ${admin} }\nroutes: [{ respond: {} }]\n`);
  return file;
}

async function start(t: Test): Promise<Given> {
  const services = new SampleServices();
  const server = await createAdminServer({ address: { host: '127.0.0.1', port: 0 }, services, logger: new MemoryLogger(), token: null });
  t.teardown(() => server.close());
  const file = fileFor(t, server.address.port);
  return {
    services, file,
    async run(...args) {
      const terminal = new MemoryTerminal();
      const code = await main(['certs', '-c', file, ...args], terminal);
      return [code, terminal.printed, terminal.complained];
    },
  };
}

const LIST: readonly CertificateStatus[] = [
  sampleCertificate,
  { ...sampleCertificate, names: ['a.test', 'b.test', 'c.test', 'd.test', 'e.test'], source: 'file', file: '/c.pem', renewal: { at: null, why: 'when its file changes' } },
  {
    ...sampleCertificate, names: ['new.example.com'], issuer: null, notAfter: null, pendingSince: '2026-01-01T00:00:00.000Z',
    renewal: { at: '2026-01-01T01:00:00.000Z', why: 'there is none yet' },
    lastError: { text: 'letsencrypt: DNS problem: NXDOMAIN', at: '2026-01-01T00:30:00.000Z', nextAttempt: '2026-01-01T01:00:00.000Z' },
  },
];

await t.test('a table says of every host where its certificate is from, when it is renewed and why, and what went wrong', async (t) => {
  const { services, run } = await start(t);
  services.certificateList = LIST;
  t.strictSame(await run(), [0, [
    'HOST                               SOURCE  ISSUER  NOT AFTER          RENEWAL',
    'app.example.com                    acme    R11     2026-04-01 00:00Z  2026-03-01 00:00Z, two thirds of its lifetime',
    'a.test, b.test, c.test and 2 more  file    R11     2026-04-01 00:00Z  when its file changes',
    'new.example.com                    acme    -       none yet           2026-01-01 01:00Z, there is none yet',
    '  waiting since 2026-01-01 00:00Z',
    '  2026-01-01 00:30Z: letsencrypt: DNS problem: NXDOMAIN; next attempt 2026-01-01 01:00Z',
    '',
  ].join('\n'), '']);
  services.certificateList = [];
  t.match(await run(), [0, /no certificates/, '']);
});

await t.test('with --json, all of it for a program', async (t) => {
  const { services, run } = await start(t);
  services.certificateList = LIST;
  const [code, out] = await run('--json');
  t.strictSame([code, JSON.parse(out)], [0, LIST]);
});

await t.test('with --renew, a certificate is ordered now', async (t) => {
  const { services, run } = await start(t);
  t.strictSame(await run('--renew', 'app.example.com'), [0, 'Renewed: app.example.com, valid until 2026-04-01T00:00:00.000Z.\n', '']);
  t.strictSame(services.renewed, ['app.example.com']);
  services.renewal = { outcome: 'running', names: [] };
  t.match(await run('--renew', 'app.example.com'), [0, /is running; sluice certs shows/, '']);
  services.renewal = { outcome: 'failed', reason: 'the CA says no' };
  t.match(await run('--renew', 'app.example.com'), [1, '', /did not renew it \(502\): the CA says no/]);
});

await t.test('where nobody can be asked it says so', async (t) => {
  const terminal = new MemoryTerminal();
  const options = { json: false, renew: null };
  t.equal(await certs(fileFor(t, 'off'), terminal, options), 1);
  t.match(terminal.complained, /admin: off/);
  t.equal(await certs(fileFor(t, await freePort()), terminal, options), 1);
  t.match(terminal.complained, /no Sluice answers/);
  t.equal(await certs('/nowhere.yaml', terminal, options), 2);
});

await t.test('its options are no options of other commands', async (t) => {
  const terminal = new MemoryTerminal();
  t.equal(await main(['reload', '--json'], terminal), 2);
  t.equal(await main(['check', '--renew', 'x'], terminal), 2);
  t.match(terminal.complained, /`reload` has no option `--json`[^]*`check` has no option `--renew`/);
});
