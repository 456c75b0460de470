import { createPrivateKey } from 'node:crypto';
import t, { type Test } from 'tap';
import type { RenewalWindow } from '../../../src/tls/acme/acme-types.ts';
import { AcmeClient } from '../../../src/tls/acme/client.ts';
import { readRenewalWindow, renewalId } from '../../../src/tls/acme/renewal-info.ts';
import { issueRoot, newKey } from '../../../src/tls/issue-certificate.ts';
import { makeCa, makePair } from '../../helpers/certificates.ts';
import { startAcmeServer, type Reply } from '../../helpers/acme-server.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';

/** The example certificate of RFC 9773, appendix A. */
const RFC_EXAMPLE = `-----BEGIN CERTIFICATE-----
MIIBQzCB66ADAgECAgUAh2VDITAKBggqhkjOPQQDAjAVMRMwEQYDVQQDEwpFeGFt
cGxlIENBMCIYDzAwMDEwMTAxMDAwMDAwWhgPMDAwMTAxMDEwMDAwMDBaMBYxFDAS
BgNVBAMTC2V4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeBZu
7cbpAYNXZLbbh8rNIzuOoqOOtmxA1v7cRm//AwyMwWxyHz4zfwmBhcSrf47NUAFf
qzLQ2PPQxdTXREYEnKMjMCEwHwYDVR0jBBgwFoAUaYhba4dGQEHhs3uEe6CuLN4B
yNQwCgYIKoZIzj0EAwIDRwAwRAIge09+S5TZAlw5tgtiVvuERV6cT4mfutXIlwTb
+FYN/8oCIClDsqBklhB9KAelFiYt9+6FDj3z4KGVelYM5MdsO3pK
-----END CERTIFICATE-----
`;

async function windowOf(t: Test, reply: Reply | null, cert: string): Promise<RenewalWindow | null> {
  const server = await startAcmeServer(t);
  server.renewalInfo = reply;
  const client = await AcmeClient.open({ ca: server.ca, accountKey: newKey(), accountUrl: null, clock: new ManualClock(), signal: new AbortController().signal });
  t.teardown(() => client.close());
  return readRenewalWindow(client, cert);
}

function reply(start: string, end: string, headers: Record<string, string> = {}): Reply {
  return { status: 200, headers, body: { suggestedWindow: { start, end }, explanationURL: 'https://ca.example/why' } };
}

await t.test('the identifier is that of the RFC\'s own example', async (t) => {
  t.equal(await renewalId(RFC_EXAMPLE), 'aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE');
});

await t.test('a certificate without an authority key identifier has none', async (t) => {
  t.equal(await renewalId(await issueRoot(createPrivateKey(newKey()), 'root', Date.now())), null);
});

await t.test('the window is what the CA says, with the time to ask again', async (t) => {
  const { cert } = await makePair(await makeCa(), ['a.example.com']);
  const window = await windowOf(t, reply('2026-02-01T00:00:00Z', '2026-02-02T00:00:00Z', { 'retry-after': '7200' }), cert);
  t.strictSame(window, { startMs: Date.UTC(2026, 1, 1), endMs: Date.UTC(2026, 1, 2), askAgainMs: 7_200_000, explanationUrl: 'https://ca.example/why' });
});

await t.test('asking again is bounded: six hours without a word, a minute at least, a day at most', async (t) => {
  const { cert } = await makePair(await makeCa(), ['a.example.com']);
  const askAgain = async (headers: Record<string, string>): Promise<number | undefined> =>
    (await windowOf(t, reply('2026-02-01T00:00:00Z', '2026-02-02T00:00:00Z', headers), cert))?.askAgainMs;
  t.equal(await askAgain({}), 6 * 3_600_000);
  t.equal(await askAgain({ 'retry-after': '0' }), 60_000);
  t.equal(await askAgain({ 'retry-after': '9999999' }), 86_400_000);
});

await t.test('no plan where the CA offers none, or one that cannot be; an error where it fails', async (t) => {
  const { cert } = await makePair(await makeCa(), ['a.example.com']);
  t.equal(await windowOf(t, null, cert), null);
  t.equal(await windowOf(t, reply('2026-02-02T00:00:00Z', '2026-02-01T00:00:00Z'), cert), null, 'ends before it starts');
  t.equal(await windowOf(t, reply('soon', 'later'), cert), null);
  t.equal(await windowOf(t, { status: 200, body: {} }, cert), null);
  await t.rejects(windowOf(t, { status: 500, body: {} }, cert), { name: 'AcmeError', type: 'serverInternal' });
});
