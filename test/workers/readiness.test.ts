import t from 'tap';
import { Readiness } from '../../src/workers/readiness.ts';
import { sampleCertificate } from '../admin/sample-services.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

const WAITING = { ...sampleCertificate, pendingSince: '2026-01-01T00:00:00.000Z' };
const FAILED = { ...WAITING, lastError: { text: 'no', at: '', nextAttempt: null } };

function start() {
  const clock = new ManualClock();
  const facts = { isServing: true, isChecked: true, certificates: [sampleCertificate] };
  const readiness = new Readiness({
    clock,
    isServing: () => facts.isServing,
    fleet: { get isChecked() { return facts.isChecked; } },
    certificates: { status: () => facts.certificates },
  });
  return { clock, facts, readiness };
}

await t.test('ready: listeners are open, targets were checked once, certificates are there', async (t) => {
  const { facts, readiness } = start();
  facts.isServing = false;
  t.notOk(readiness.isReady, 'no listener');
  facts.isServing = true;
  facts.isChecked = false;
  t.notOk(readiness.isReady, 'a check has not ended');
  facts.isChecked = true;
  facts.certificates = [sampleCertificate, WAITING];
  t.notOk(readiness.isReady, 'a certificate is being fetched');
  facts.certificates = [sampleCertificate, FAILED];
  t.ok(readiness.isReady, 'the first attempt has failed, and there is nothing to wait for');
});

await t.test('what a reload brings does not take readiness away; a stop does', async (t) => {
  const { facts, readiness } = start();
  t.ok(readiness.isReady);
  facts.isChecked = false;
  facts.certificates = [WAITING];
  t.ok(readiness.isReady);
  facts.isServing = false;
  t.notOk(readiness.isReady);
});

await t.test('after 30 s it is ready whatever is missing: an authority may have to reach it first', async (t) => {
  const { clock, facts, readiness } = start();
  facts.isChecked = false;
  const arrival = readiness.arrival();
  clock.advance(29_900);
  t.notOk(readiness.isReady);
  clock.advance(200);
  t.ok(readiness.isReady);
  await arrival;
});
