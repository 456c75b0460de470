import { writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import type { AcmeConfig } from '../../src/config/tls-config.ts';
import { AcmeError } from '../../src/tls/acme/acme-types.ts';
import { CertificateKeeper } from '../../src/tls/certificate-keeper.ts';
import type { CertificateConfig } from '../../src/tls/certificate-setup.ts';
import { StoreError } from '../../src/tls/store/certificate-store.ts';
import { makeCa, makePair } from '../helpers/certificates.ts';
import { configOf } from '../helpers/config-text.ts';
import { ACME, fakeAcme, storedFor, type FakeAcme } from '../helpers/fake-issuer.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { eventually } from '../helpers/wait-for.ts';

interface Given extends FakeAcme {
  readonly keeper: CertificateKeeper;
  readonly changes: () => number;
  readonly config: (hosts: readonly string[], more?: Partial<CertificateConfig>) => CertificateConfig;
  /** Prepares and adopts. */
  readonly become: (config: CertificateConfig) => Promise<void>;
  readonly backends: () => number;
  readonly tls: CertificateConfig['tls'];
}

function start(t: Test, acme: AcmeConfig = ACME): Given {
  const fake = fakeAcme(t, acme);
  let changes = 0;
  let backends = 0;
  const keeper = new CertificateKeeper({
    clock: fake.clock, logger: fake.logger, random: () => 0.5,
    onMaterial: () => { changes += 1; },
    onAnswers: async () => undefined,
    openBackend: async (given) => {
      backends += 1;
      return { ...fake.backend, acme: given };
    },
  });
  t.teardown(async () => keeper.close());
  const base = configOf('listen: { http: 80, https: 443 }');
  return {
    ...fake, keeper,
    tls: { ...base.tls, storeDir: fake.dir },
    changes: () => changes,
    backends: () => backends,
    config: (hosts, more = {}) => ({
      ...base, acme, tls: { ...base.tls, storeDir: fake.dir },
      routes: configOf(`listen: { http: 80, https: 443 }\nroutes: [${hosts.map((host) => `{ host: "${host}", respond: {} }`).join(', ')}]`).routes, ...more,
    }),
    async become(config) {
      keeper.adopt(await keeper.prepare(config));
    },
  };
}

function sources({ keeper }: Given): string[] {
  return keeper.material?.entries.map(({ source, names }) => `${source} ${names[0]}`) ?? [];
}

await t.test('orders begin when a configuration is in force, and each new certificate is told', async (t) => {
  const given = start(t);
  const prepared = await given.keeper.prepare(given.config(['app.example.com']));
  t.match(prepared.material?.entries.map(({ source }) => source), ['local-ca', 'local-ca']);
  t.equal(given.keeper.material, null);
  t.strictSame(given.issuer.orders, []);
  given.keeper.adopt(prepared);
  const { ticketKeys } = given.keeper.material ?? {};
  await eventually(() => given.changes() === 1);
  t.strictSame(sources(given), ['acme app.example.com']);
  t.notSame(given.keeper.material?.ticketKeys, ticketKeys, 'no session outlives its certificate');
  t.match(given.logger.infos.join('\n'), /these hosts have no certificate yet/);
});

await t.test('a reload keeps what there is, orders what is new, and opens no second store', async (t) => {
  const given = start(t);
  await given.become(given.config(['a.example.com']));
  await eventually(() => given.changes() === 1);
  const before = given.keeper.material;
  await given.become(given.config(['a.example.com']));
  t.equal(given.keeper.material, before, 'with the same keys for tickets');
  await given.become(given.config(['a.example.com', 'b.example.com']));
  await eventually(() => sources(given).includes('acme b.example.com'));
  t.strictSame(given.issuer.orders, ['a.example.com', 'b.example.com']);
  t.equal(given.backends(), 1);
});

await t.test('what is prepared and not wanted leaves no trace', async (t) => {
  const given = start(t);
  await given.become(given.config(['a.example.com']));
  await eventually(() => given.changes() === 1);
  const before = given.keeper.material;
  await given.keeper.discard(await given.keeper.prepare(given.config(['b.example.com'])));
  t.equal(given.keeper.material, before);
  await t.rejects(given.keeper.prepare(given.config(['a.example.com'], { tls: { ...given.tls, certificates: [{ certFile: '/no', keyFile: '/no' }] } })), { name: 'CertificateError' });
  t.equal(given.keeper.material, before);
  given.clock.advance(60_000);
  t.strictSame(given.issuer.orders, ['a.example.com']);
});

await t.test('without HTTPS nothing is opened', async (t) => {
  const given = start(t);
  const { listen } = configOf('listen: { http: 80 }');
  await given.become(given.config(['a.example.com'], { listen }));
  t.strictSame([given.keeper.material, given.keeper.status(), given.backends()], [null, [], 0]);
});

await t.test('a certificate file that comes to cover other hosts changes who serves whom', async (t) => {
  const given = start(t);
  const folder = tempDir(t);
  const files = { certFile: path.join(folder, 'c.pem'), keyFile: path.join(folder, 'k.pem') };
  const write = async (...names: string[]): Promise<void> => {
    const { cert, key } = await makePair(await makeCa(), names);
    writeFileSync(files.keyFile, key, { mode: 0o600 });
    writeFileSync(files.certFile, cert);
  };
  await write('a.example.com');
  await given.become(given.config(['a.example.com', 'b.test'], { tls: { ...given.tls, certificates: [files] } }));
  t.strictSame(sources(given), ['file a.example.com', 'local-ca localhost', 'local-ca b.test']);
  await write('b.test');
  await eventually(() => {
    given.clock.advance(500);
    return sources(given).includes('file b.test');
  });
  await eventually(() => sources(given).includes('acme a.example.com'));
  t.strictSame(sources(given), ['file b.test', 'acme a.example.com']);
});

await t.test('keys of tickets and local certificates are renewed in their time', async (t) => {
  const given = start(t);
  await given.become(given.config(['app.test']));
  const { ticketKeys, entries } = given.keeper.material ?? {};
  given.clock.advance(12 * 3_600_000);
  t.equal(given.changes(), 1);
  t.notSame(given.keeper.material?.ticketKeys, ticketKeys);
  given.clock.jumpWallClock(61 * 86_400_000);
  given.clock.advance(30_000);
  await eventually(() => given.changes() === 2);
  t.not(given.keeper.material?.entries[1]?.cert, entries?.[1]?.cert);
});

await t.test('a certificate is ordered by hand, and what came of it is told', async (t) => {
  const given = start(t);
  await given.become(given.config(['a.example.com', 'b.test']));
  await eventually(() => given.changes() === 1);
  t.match(await given.keeper.renew('A.example.com.'), { outcome: 'renewed', names: ['a.example.com'], notAfter: /^20/ });
  t.equal(given.issuer.orders.length, 2);
  for (const host of ['b.test', 'stranger.example.com', '', '\0']) t.match(await given.keeper.renew(host), { outcome: 'unknown' });
  given.issuer.failure = new AcmeError('fake: not today', '', null);
  t.strictSame(await given.keeper.renew('a.example.com'), { outcome: 'failed', reason: 'fake: not today' });
  given.issuer.failure = null;
  const { promise, resolve } = Promise.withResolvers<void>();
  given.issuer.gate = promise;
  const slow = given.keeper.renew('a.example.com');
  await eventually(() => given.issuer.running === 1);
  t.match(await given.keeper.renew('a.example.com'), { outcome: 'running' });
  given.clock.advance(45_000);
  t.match(await slow, { outcome: 'running' });
  resolve();
});

const ON_DEMAND: AcmeConfig = { ...ACME, onDemand: { allow: ['*.customers.example.com'], ask: null, perHour: 2 } };

await t.test('threat: what a client asks for is ordered only by the list, and so many an hour', async (t) => {
  const given = start(t, ON_DEMAND);
  await given.become(given.config(['app.example.com']));
  await eventually(() => given.changes() === 1);
  t.match(given.keeper.material?.onDemand, { allow: ['*.customers.example.com'], refuse: false });
  given.keeper.orderOnDemand(['evil.test', '', 'x'.repeat(500), '*.customers.example.com', '10.0.0.1', 'app.example.com', 'a.b.customers.example.com']);
  given.keeper.orderOnDemand(['a.customers.example.com', 'A.customers.example.com.', 'b.customers.example.com', 'c.customers.example.com']);
  await eventually(() => {
    given.clock.advance(1000);
    return sources(given).filter((source) => source.startsWith('acme')).length === 3;
  });
  t.strictSame(given.issuer.orders.toSorted(), ['a.customers.example.com', 'app.example.com', 'b.customers.example.com']);
  t.match(given.logger.warnings, ['no more certificates are ordered on demand within this hour']);
});

await t.test('what was ordered on demand is there after a restart and costs no order', async (t) => {
  const given = start(t, ON_DEMAND);
  await given.store.save(await storedFor(['a.customers.example.com'], given.clock.now()));
  await given.store.save(await storedFor(['other.example.com'], given.clock.now()));
  await given.become(given.config(['app.test']));
  t.ok(sources(given).includes('acme a.customers.example.com'));
  t.notOk(sources(given).includes('acme other.example.com'));
  await given.store.save(await storedFor(['b.customers.example.com'], given.clock.now()));
  given.keeper.orderOnDemand(['b.customers.example.com']);
  await eventually(() => sources(given).includes('acme b.customers.example.com'));
  t.strictSame(given.issuer.orders, []);
});

await t.test('a local CA that is damaged later is a line in the log, and everything goes on', async (t) => {
  const given = start(t, ON_DEMAND);
  await given.become(given.config(['app.test']));
  const before = given.keeper.material;
  writeFileSync(path.join(given.dir, 'ca.crt'), 'nonsense');
  given.clock.jumpWallClock(61 * 86_400_000);
  given.clock.advance(30_000);
  await eventually(() => given.logger.warnings.length > 0);
  t.match(given.logger.warnings, [/certificates cannot be brought up to date, the ones of before go on/]);
  t.equal(given.keeper.material, before);
});

await t.test('a reload keeps what was ordered on demand, also while the store is out of reach, and an hour stays an hour', async (t) => {
  const given = start(t, ON_DEMAND);
  await given.become(given.config(['app.test']));
  given.keeper.orderOnDemand(['a.customers.example.com']);
  await eventually(() => sources(given).includes('acme a.customers.example.com'));
  given.store.list = async () => {
    throw new StoreError('redis is gone');
  };
  await given.become(given.config(['app.test', 'b.customers.example.com']));
  t.ok(sources(given).includes('acme a.customers.example.com'));
  given.keeper.orderOnDemand(['c.customers.example.com', 'd.customers.example.com']);
  await eventually(() => given.logger.warnings.includes('no more certificates are ordered on demand within this hour'));
});
