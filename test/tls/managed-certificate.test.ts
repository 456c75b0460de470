import t from 'tap';
import { idOf, ManagedCertificate } from '../../src/tls/managed-certificate.ts';
import { storedFor } from '../helpers/fake-issuer.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NAMES = ['app.example.com'];

function start(): { readonly clock: ManualClock; readonly certificate: ManagedCertificate } {
  const clock = new ManualClock();
  return { clock, certificate: new ManagedCertificate(NAMES, clock, () => 0.5) };
}

await t.test('without a certificate one is due at once; with one, at two thirds of its life', async (t) => {
  const { clock, certificate } = start();
  t.ok(certificate.isDue);
  t.equal(certificate.pendingSinceMs, clock.now());
  t.ok(certificate.take(await storedFor(NAMES, clock.now())));
  t.notOk(certificate.isDue);
  t.equal(certificate.pendingSinceMs, null);
  t.match(certificate.renewal, { reason: 'two thirds of its lifetime' });
  clock.jumpWallClock(58 * DAY_MS);
  t.notOk(certificate.isDue);
  clock.jumpWallClock(6 * DAY_MS);
  t.ok(certificate.isDue);
});

await t.test('less never takes the place of more', async (t) => {
  const { clock, certificate } = start();
  const good = await storedFor(NAMES, clock.now());
  certificate.take(good);
  t.notOk(certificate.take(good), 'the same');
  t.notOk(certificate.take(await storedFor(NAMES, clock.now() - 10 * DAY_MS)), 'older');
  t.notOk(certificate.take(await storedFor(NAMES, clock.now() - 400 * DAY_MS, { issuedAtMs: clock.now() + 1 })), 'expired');
  t.notOk(certificate.take(await storedFor(NAMES, clock.now() + 300 * DAY_MS)), 'not valid yet');
  t.notOk(certificate.take({ ...await storedFor(NAMES, clock.now() + 1), key: good.key }), 'another key');
  t.equal(certificate.stored, good);
  t.ok(certificate.take(await storedFor(NAMES, clock.now() + 60_000)), 'newer');
  clock.jumpWallClock(400 * DAY_MS);
  t.ok(certificate.take(await storedFor(NAMES, clock.now() - DAY_MS)), 'valid in the place of expired');
});

await t.test('after a failure it waits, whatever becomes of the clock on the wall', async (t) => {
  const { clock, certificate } = start();
  t.match(certificate.fail('no', HOUR_MS), { count: 1, text: 'no' });
  clock.jumpWallClock(-365 * DAY_MS);
  clock.advance(HOUR_MS - 1);
  t.notOk(certificate.isDue);
  clock.advance(1);
  t.ok(certificate.isDue);
  t.equal(certificate.fail('no', HOUR_MS).count, 2);
  certificate.isForced = true;
  t.ok(certificate.isDue, 'somebody asked for it by hand');
  certificate.isForced = false;
  certificate.take(await storedFor(NAMES, clock.now()));
  t.equal(certificate.failure, null);
});

await t.test('what is being done for it is done once', async (t) => {
  const { clock, certificate } = start();
  certificate.isOrdering = true;
  certificate.isForced = true;
  t.notOk(certificate.isDue);
  certificate.isOrdering = false;
  certificate.isForced = false;
  certificate.waitMs(1000);
  t.notOk(certificate.isDue, 'another gateway is at it');
  clock.advance(1000);
  t.ok(certificate.isDue);
});

await t.test('the CA is asked when it wants a renewal, and asked again when it says', async (t) => {
  const { clock, certificate } = start();
  t.notOk(certificate.isToBeAsked, 'of no certificate');
  certificate.take(await storedFor(NAMES, clock.now()));
  t.ok(certificate.isToBeAsked);
  const window = { startMs: clock.now() + 10 * DAY_MS, endMs: clock.now() + 12 * DAY_MS, askAgainMs: 2 * HOUR_MS, explanationUrl: null };
  certificate.advise(window);
  t.match(certificate.renewal, { renewAtMs: clock.now() + 11 * DAY_MS, reason: 'the CA suggests it' });
  t.notOk(certificate.isToBeAsked);
  clock.jumpWallClock(2 * HOUR_MS);
  t.ok(certificate.isToBeAsked);
  certificate.advise(null);
  t.match(certificate.renewal, { reason: 'the CA suggests it' }, 'the last word stays');
  t.notOk(certificate.isToBeAsked);
  clock.jumpWallClock(-30 * DAY_MS);
  t.ok(certificate.isToBeAsked, 'the clock was set back');
});

await t.test('what could not be stored is tried again after a minute', async (t) => {
  const { clock, certificate } = start();
  t.notOk(certificate.isToBeSaved);
  certificate.noteSaved(false);
  t.strictSame([certificate.isSaved, certificate.isToBeSaved], [false, false]);
  clock.advance(60_000);
  t.ok(certificate.isToBeSaved);
  certificate.noteSaved(true);
  t.notOk(certificate.isToBeSaved);
});

await t.test('the key in the store does not depend on the order of names', async (t) => {
  t.equal(idOf(['b.test', 'a.test']), 'a.test,b.test');
});
