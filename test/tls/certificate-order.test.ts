import t, { type Test } from 'tap';
import { AcmeError } from '../../src/tls/acme/acme-types.ts';
import { CertificateOrder } from '../../src/tls/certificate-order.ts';
import { ManagedCertificate } from '../../src/tls/managed-certificate.ts';
import { StoreError } from '../../src/tls/store/certificate-store.ts';
import { ACME, FAKE_CA, fakeAcme, storedFor, type FakeAcme } from '../helpers/fake-issuer.ts';
import { eventually } from '../helpers/wait-for.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NAMES = ['app.example.com'];

async function broken(): Promise<never> {
  throw new StoreError('redis is gone');
}

interface Given extends FakeAcme {
  readonly orders: CertificateOrder;
  readonly certificate: ManagedCertificate;
}

function start(t: Test, acme = ACME, mayOrder = true): Given {
  const fake = fakeAcme(t, acme);
  const { clock, logger } = fake;
  const orders = new CertificateOrder(fake.backend, { clock, logger, random: () => 0, mayOrder: async () => mayOrder });
  return { ...fake, orders, certificate: new ManagedCertificate(NAMES, clock, () => 0.5) };
}

await t.test('an order ends with a certificate in use and in the store, and the lock given back', async (t) => {
  const { orders, certificate, store, issuer, logger } = start(t);
  t.ok(await orders.run(certificate));
  t.equal(certificate.entry?.source, 'acme');
  t.match(await store.load('app.example.com'), { directory: FAKE_CA.directory, names: NAMES, staging: false });
  t.ok(await store.lock('order app.example.com', 1000));
  t.match(logger.infos, ['a certificate was issued']);
  t.strictSame([issuer.orders, issuer.replaced], [NAMES, [null]]);
  t.notOk(certificate.isOrdering || certificate.isAsking);
});

await t.test('a failure is a line in the log with the next attempt, which comes later each time', async (t) => {
  const { orders, certificate, issuer, logger, clock } = start(t);
  issuer.failure = new AcmeError('fake: out of reach', 'network', null);
  const delays: number[] = [];
  for (let i = 0; i < 3; i++) {
    t.notOk(await orders.run(certificate));
    delays.push((certificate.failure?.retryAtMonotonicMs ?? 0) - clock.monotonicMs());
  }
  t.ok(delays[0]! > 40_000 && delays[1]! > delays[0]! && delays[2]! > delays[1]!, delays.join());
  t.match(logger.warnings, ['no certificate could be had', 'no certificate could be had', 'no certificate could be had']);
  t.match(certificate.failure, { text: 'fake: out of reach', count: 3 });
  issuer.failure = new AcmeError('fake: enough', 'rateLimited', 5 * HOUR_MS);
  await orders.run(certificate);
  t.ok((certificate.failure?.retryAtMonotonicMs ?? 0) - clock.monotonicMs() >= 5 * HOUR_MS, 'as the CA asked');
});

await t.test('while one gateway orders the other waits, and then takes what that one has', async (t) => {
  const { orders, certificate, store, issuer, clock, backend } = start(t);
  const lock = await store.lock('order app.example.com', 60_000);
  t.notOk(await orders.run(certificate));
  t.strictSame(issuer.orders, []);
  t.equal(certificate.failure, null, 'that is no failure');
  t.notOk(certificate.isDue);
  await store.save(await storedFor(NAMES, clock.now()));
  await lock?.release();
  clock.advance(15_000);
  t.ok(certificate.isDue);
  t.ok(await orders.run(certificate));
  t.strictSame(issuer.orders, [], 'nothing was ordered');
  t.equal(backend.store, store);
});

await t.test('the lock is held as long as the order takes', async (t) => {
  const { orders, certificate, store, issuer, clock } = start(t);
  const extensions: Promise<boolean>[] = [];
  const lock = store.lock.bind(store);
  store.lock = async (id, ttlMs) => {
    const held = await lock(id, ttlMs);
    if (held === null) return null;
    const extend = async (ms: number): Promise<boolean> => {
      extensions.push(held.extend(ms));
      return extensions.at(-1) ?? false;
    };
    return { extend, release: async () => held.release() };
  };
  const { promise, resolve } = Promise.withResolvers<void>();
  issuer.gate = promise;
  const running = orders.run(certificate);
  await eventually(() => issuer.running === 1);
  for (let i = 0; i < 4; i++) {
    clock.advance(40_000);
    await Promise.all(extensions);
  }
  t.strictSame(await Promise.all(extensions), [true, true, true, true]);
  t.equal(await lock('order app.example.com', 1000), null, 'longer than its time');
  resolve();
  t.ok(await running);
  t.equal(clock.tickers, 0);
});

await t.test('at the end of the process locks are given back at once', async (t) => {
  const { orders, certificate, store, issuer } = start(t);
  const { promise, resolve } = Promise.withResolvers<void>();
  issuer.gate = promise;
  const running = orders.run(certificate);
  await eventually(() => issuer.running === 1);
  await orders.releaseLocks();
  t.ok(await store.lock('order app.example.com', 1000));
  resolve();
  await running;
});

await t.test('a renewal names what it replaces, and one that fails leaves it', async (t) => {
  const { orders, certificate, issuer, clock, logger } = start(t);
  await orders.run(certificate);
  const first = certificate.stored;
  clock.jumpWallClock(70 * DAY_MS);
  issuer.failure = new AcmeError('no', '', null);
  t.notOk(await orders.run(certificate));
  t.equal(certificate.stored, first);
  t.match(logger.warnings.at(-1), 'a certificate could not be renewed; the old one goes on');
  issuer.failure = null;
  t.ok(await orders.run(certificate));
  t.equal(issuer.replaced.at(-1), first?.cert);
});

await t.test('a full disk loses no certificate: it is in use, and stored when that is possible', async (t) => {
  const { orders, certificate, store, logger } = start(t);
  const save = store.save.bind(store);
  store.save = async () => {
    throw new StoreError('the disk is full');
  };
  t.ok(await orders.run(certificate));
  t.ok(certificate.entry);
  t.match(logger.warnings, [/is in use and cannot be stored/]);
  await orders.save(certificate);
  t.equal(logger.warnings.length, 1, 'told once');
  store.save = save;
  await orders.save(certificate);
  t.ok(certificate.isSaved);
  t.ok(await store.load('app.example.com'));
});

await t.test('a store out of reach: no order without its lock, no end of what is in use, one line a minute', async (t) => {
  const { orders, certificate, store, issuer, logger, clock } = start(t);
  await orders.run(certificate);
  store.load = broken;
  store.lock = broken;
  t.notOk(await orders.takeStored(certificate));
  t.notOk(await orders.takeStored(certificate));
  t.equal(logger.warnings.filter((text) => text.includes('cannot be read')).length, 1);
  t.notOk(await orders.run(certificate));
  t.equal(issuer.orders.length, 1);
  t.match(certificate.failure, { text: 'redis is gone' });
  t.ok((certificate.failure?.retryAtMonotonicMs ?? 0) - clock.monotonicMs() <= HOUR_MS);
  t.ok(certificate.entry);
});

await t.test('threat: a clock that is a year off orders once a day, not in a circle, and replaces nothing with less', async (t) => {
  for (const aheadMs of [365 * DAY_MS, -365 * DAY_MS]) {
    const { orders, certificate, issuer, logger, clock, store } = start(t);
    await orders.run(certificate);
    const good = certificate.stored;
    issuer.aheadMs = aheadMs;
    certificate.isForced = true;
    t.notOk(await orders.run(certificate));
    t.equal(certificate.stored, good);
    t.equal((await store.load('app.example.com'))?.cert, good?.cert);
    t.match(logger.warnings.at(-1), /is not valid at 20.*the time of this machine; is its clock right\?/);
    t.equal((certificate.failure?.retryAtMonotonicMs ?? 0) - clock.monotonicMs(), DAY_MS);
  }
  const { orders, certificate, issuer, clock } = start(t);
  issuer.aheadMs = -365 * DAY_MS;
  t.ok(await orders.run(certificate), 'better than none');
  t.notOk(certificate.isDue);
  clock.advance(DAY_MS - 1);
  t.notOk(certificate.isDue);
});

await t.test('nobody trusts a staging certificate, so it is passed over where production is configured', async (t) => {
  const { orders, certificate, store, clock } = start(t);
  await store.save(await storedFor(NAMES, clock.now(), { staging: true, directory: 'https://staging.test/dir' }));
  t.notOk(await orders.takeStored(certificate));
  const staging = start(t, { ...ACME, cas: [{ ...FAKE_CA, directory: 'https://staging.test/dir' }] });
  await staging.store.save(await storedFor(NAMES, clock.now(), { staging: true, directory: 'https://staging.test/dir' }));
  t.ok(await staging.orders.takeStored(staging.certificate), 'it was asked for by name');
});

await t.test('what is no longer allowed is not ordered', async (t) => {
  const { orders, certificate, issuer } = start(t, ACME, false);
  t.notOk(await orders.run(certificate));
  t.strictSame(issuer.orders, []);
  t.match(certificate.failure, { text: /nobody allows/ });
});

await t.test('the CA is asked for its window; one that cannot be asked changes nothing', async (t) => {
  const { orders, certificate, issuer, logger, clock } = start(t);
  await orders.ask(certificate);
  t.equal(issuer.asked, 0, 'of no certificate');
  await orders.run(certificate);
  issuer.window = { startMs: clock.now() + DAY_MS * 10, endMs: clock.now() + DAY_MS * 10 + 1000, askAgainMs: HOUR_MS, explanationUrl: null };
  await orders.ask(certificate);
  t.match(certificate.renewal, { reason: 'the CA suggests it' });
  issuer.window = new AcmeError('down', 'network', null);
  await orders.ask(certificate);
  t.match(certificate.renewal, { reason: 'the CA suggests it' });
  t.match(logger.warnings, ['the CA cannot be asked when to renew a certificate']);
  t.notOk(certificate.isOrdering || certificate.isAsking);
});
