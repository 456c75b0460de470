import t from 'tap';
import { planRenewal } from '../../../src/tls/acme/renewal-plan.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const START_MS = Date.UTC(2026, 0, 1);

function lifeOf(days: number): Parameters<typeof planRenewal>[0] {
  return { notBeforeMs: START_MS, notAfterMs: START_MS + days * DAY_MS, issuedAtMs: START_MS + HOUR_MS };
}

function windowOf(startDay: number, endDay: number, askAgainMs: number = 6 * HOUR_MS): NonNullable<Parameters<typeof planRenewal>[1]> {
  return { startMs: START_MS + startDay * DAY_MS, endMs: START_MS + endDay * DAY_MS, askAgainMs, explanationUrl: null };
}

function askedAfter(askAgainMs: number): number {
  return (planRenewal(lifeOf(90), windowOf(50, 60, askAgainMs), START_MS, 0).askAgainAtMs ?? 0) - START_MS;
}

await t.test('without advice: at two thirds of any lifetime, spread over a thirtieth', async (t) => {
  for (const days of [6, 45, 90]) {
    t.equal(planRenewal(lifeOf(days), null, START_MS, 0).renewAtMs, START_MS + Math.round((days * 2 * DAY_MS) / 3));
    t.equal(planRenewal(lifeOf(days), null, START_MS, 1).renewAtMs, START_MS + Math.round(days * 0.7 * DAY_MS));
  }
  t.match(planRenewal(lifeOf(90), null, START_MS, 0), { askAgainAtMs: null, reason: 'two thirds of its lifetime' });
});

await t.test('with advice: inside the window, at the moment that was drawn, also when asked again', async (t) => {
  const plan = planRenewal(lifeOf(90), windowOf(50, 60), START_MS, 0.5);
  t.match(plan, { renewAtMs: START_MS + 55 * DAY_MS, reason: 'the CA suggests it' });
  t.equal(planRenewal(lifeOf(90), windowOf(50, 60), START_MS + 54 * DAY_MS, 0.5).renewAtMs, plan.renewAtMs);
});

await t.test('a window that has moved into the past means now: the CA will revoke', async (t) => {
  const nowMs = START_MS + 10 * DAY_MS;
  const window = { ...windowOf(1, 2), explanationUrl: 'https://ca.example/why' };
  const plan = planRenewal(lifeOf(90), window, nowMs, 0.9);
  t.ok(plan.renewAtMs <= nowMs);
  t.equal(plan.reason, 'the CA suggests it, see https://ca.example/why');
});

await t.test('advice to renew when it is too late is not followed', async (t) => {
  t.match(planRenewal(lifeOf(90), windowOf(200, 300), START_MS, 0.5), { renewAtMs: START_MS + 81 * DAY_MS, reason: /sooner than the CA suggests/ });
});

await t.test('an expired certificate is due now', async (t) => {
  const nowMs = START_MS + 100 * DAY_MS;
  const plan = planRenewal(lifeOf(90), null, nowMs, 0.5);
  t.ok(plan.renewAtMs <= nowMs);
  t.equal(plan.reason, 'it has expired');
});

await t.test('the CA is asked again when it says, but not within a minute nor after more than a day', async (t) => {
  t.equal(askedAfter(6 * HOUR_MS), 6 * HOUR_MS);
  t.equal(askedAfter(0), 60_000);
  t.equal(askedAfter(365 * DAY_MS), DAY_MS);
});

await t.test('a clock that is years ahead, or back, does not order in a circle', async (t) => {
  const aheadMs = START_MS + 400 * DAY_MS;
  const fresh = { ...lifeOf(90), issuedAtMs: aheadMs };
  t.equal(planRenewal(fresh, null, aheadMs + 1, 0).renewAtMs, aheadMs + 6 * HOUR_MS, 'issued a moment ago and expired by our clock');
  const setBack = planRenewal(fresh, windowOf(1, 2), START_MS + 30 * DAY_MS, 0);
  t.equal(setBack.renewAtMs, START_MS + 30 * DAY_MS + 6 * HOUR_MS, 'issued in what is now the future');
});

await t.test('certificates of an hour work too', async (t) => {
  const life = { notBeforeMs: START_MS, notAfterMs: START_MS + HOUR_MS, issuedAtMs: START_MS };
  t.equal(planRenewal(life, null, START_MS, 0).renewAtMs, START_MS + (2 * HOUR_MS) / 3);
});
