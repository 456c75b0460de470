import { createSecureContext } from 'node:tls';
import t from 'tap';
import { tlsProfile } from '../../src/tls/profile.ts';
import { makeCa, makePair } from '../helpers/certificates.ts';
import { handshake, listenTls, portOf } from '../helpers/handshake.ts';

const ca = await makeCa();
const rsa = await makePair(ca, ['localhost'], { keyType: 'rsa' });
const trusting = { ca: ca.cert, servername: 'localhost' };

/** What each refusal is compared to: without it a client that cannot even try would pass for a refused one. */
const LAX = { minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' } as const;

await t.test('TLS 1.0 and 1.1 are refused', async (t) => {
  const strict = portOf(await listenTls(t, { ...tlsProfile, ...rsa }));
  // Their ciphers are not in the list either; here the version alone has to refuse.
  const strictVersion = portOf(await listenTls(t, { ...tlsProfile, ciphers: LAX.ciphers, ...rsa }));
  const lax = portOf(await listenTls(t, { ...LAX, ...rsa }));
  for (const version of ['TLSv1', 'TLSv1.1'] as const) {
    const client = { ...trusting, minVersion: version, maxVersion: version, ciphers: 'ALL:@SECLEVEL=0' };
    t.equal((await handshake(lax, client)).protocol, version);
    await t.rejects(handshake(strict, client), { code: /PROTOCOL_VERSION/ }, version);
    await t.rejects(handshake(strictVersion, client), { code: /PROTOCOL_VERSION/ }, version);
  }
});

await t.test('TLS 1.2 and 1.3 are spoken, with forward secrecy', async (t) => {
  const port = portOf(await listenTls(t, { ...tlsProfile, ...rsa }));
  t.equal((await handshake(port, { ...trusting, maxVersion: 'TLSv1.3' })).protocol, 'TLSv1.3');
  const old = await handshake(port, { ...trusting, maxVersion: 'TLSv1.2' });
  t.equal(old.protocol, 'TLSv1.2');
  t.match(old.cipher, /^TLS_ECDHE_/);
});

await t.test('ciphers without forward secrecy or without authenticated encryption are refused', async (t) => {
  const strict = portOf(await listenTls(t, { ...tlsProfile, ...rsa }));
  const lax = portOf(await listenTls(t, { ...LAX, ...rsa, dhparam: 'auto' }));
  const weak = ['AES128-SHA', 'AES128-GCM-SHA256', 'ECDHE-RSA-AES128-SHA', 'ECDHE-RSA-AES256-SHA384', 'DHE-RSA-AES128-GCM-SHA256'];
  for (const cipher of weak) {
    const client = { ...trusting, maxVersion: 'TLSv1.2', ciphers: `${cipher}:@SECLEVEL=0` } as const;
    await t.resolves(handshake(lax, client), `the client can speak ${cipher}`);
    await t.rejects(handshake(strict, client), { code: /HANDSHAKE_FAILURE/ }, cipher);
  }
});

await t.test('the client chooses among the ciphers', async (t) => {
  const port = portOf(await listenTls(t, { ...tlsProfile, ...rsa }));
  for (const cipher of ['ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305']) {
    const chosen = (await handshake(port, { ...trusting, maxVersion: 'TLSv1.2', ciphers: cipher })).cipher;
    t.match(chosen, cipher.startsWith('ECDHE-RSA-CHACHA20') ? /CHACHA20/ : /AES_128_GCM/);
  }
});

await t.test('every listed group works, P-521 does not', async (t) => {
  const port = portOf(await listenTls(t, { ...tlsProfile, ...rsa }));
  for (const group of tlsProfile.ecdhCurve.split(':')) await t.resolves(handshake(port, { ...trusting, ecdhCurve: group }), group);
  await t.rejects(handshake(port, { ...trusting, ecdhCurve: 'P-521' }), { code: /HANDSHAKE_FAILURE/ });
});

await t.test('post-quantum key exchange is offered exactly where OpenSSL has it', async (t) => {
  const [major = 0, minor = 0] = (process.versions.openssl ?? '').split('.').map(Number);
  const expected = major > 3 || (major === 3 && minor >= 5);
  t.equal(tlsProfile.ecdhCurve.includes('X25519MLKEM768'), expected);
  t.doesNotThrow(() => createSecureContext(tlsProfile));
});

await t.test('a session is resumed with a ticket', async (t) => {
  const port = portOf(await listenTls(t, { ...tlsProfile, ...rsa }));
  const { isResumed, session } = await handshake(port, trusting);
  t.equal(isResumed, false);
  t.ok(session);
  t.equal((await handshake(port, { ...trusting, ...(session === undefined ? {} : { session }) })).isResumed, true);
});
