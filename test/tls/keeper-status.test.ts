import t from 'tap';
import { acmeStatus, fileStatus, localStatus } from '../../src/tls/keeper-status.ts';
import { ManagedCertificate } from '../../src/tls/managed-certificate.ts';
import { makeCa, makeEntry } from '../helpers/certificates.ts';
import { storedFor } from '../helpers/fake-issuer.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

const HOUR_MS = 3_600_000;
const ISO = /^20\d\d-.*Z$/;
const entry = await makeEntry(await makeCa(), ['app.test']);

await t.test('a file is renewed by whoever writes it, and says what is wrong with the new one', async (t) => {
  t.strictSame(fileStatus({ ...entry, file: '/c.pem' }, null), {
    names: ['app.test'], source: 'file', file: '/c.pem', issuer: entry.issuer, notAfter: new Date(entry.notAfterMs).toISOString(),
    renewal: { at: null, why: 'when its file changes' }, pendingSince: null, lastError: null,
  });
  t.match(fileStatus(entry, { text: 'is damaged', atMs: 0 }), { lastError: { text: 'is damaged', at: '1970-01-01T00:00:00.000Z', nextAttempt: null } });
});

await t.test('a local certificate says when it is made anew', async (t) => {
  t.match(localStatus({ ...entry, source: 'local-ca' }), { source: 'local-ca', renewal: { at: ISO, why: 'two thirds of its lifetime' } });
});

await t.test('one by ACME says since when it is waited for, why, and when the next attempt is', async (t) => {
  const clock = new ManualClock();
  const certificate = new ManagedCertificate(['app.example.com'], clock, () => 0);
  t.match(acmeStatus(certificate, clock), { source: 'acme', issuer: null, notAfter: null, pendingSince: new Date(clock.now()).toISOString(), lastError: null });
  certificate.fail('the CA says no', HOUR_MS);
  const nextAttempt = new Date(clock.now() + HOUR_MS).toISOString();
  t.match(acmeStatus(certificate, clock), { renewal: { at: nextAttempt, why: 'there is none yet' }, lastError: { text: 'the CA says no', nextAttempt } });
  certificate.isOrdering = true;
  t.match(acmeStatus(certificate, clock), { renewal: { at: new Date(clock.now()).toISOString(), why: 'an order is running' } });
  certificate.isOrdering = false;
  certificate.isAsking = true;
  certificate.take(await storedFor(['app.example.com'], clock.now()));
  t.match(acmeStatus(certificate, clock), { issuer: /test CA/, notAfter: ISO, pendingSince: null, lastError: null, renewal: { at: ISO, why: 'two thirds of its lifetime' } });
});

await t.test('a date beyond all measure does not break the list', async (t) => {
  t.equal(fileStatus({ ...entry, notAfterMs: Number.NaN }, null).notAfter, '');
});
