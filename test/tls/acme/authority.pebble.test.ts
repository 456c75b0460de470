import { X509Certificate } from 'node:crypto';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { createSecureContext, createServer as createTlsServer, type SecureContext } from 'node:tls';
import t, { type Test } from 'tap';
import { systemClock } from '../../../src/lib/clock.ts';
import { createAuthority } from '../../../src/tls/acme/authority.ts';
import type { AcmeAuthority, AcmeCa, ChallengeType } from '../../../src/tls/acme/acme-types.ts';
import { ChallengeBoard, type ChallengeAnswers } from '../../../src/tls/acme/challenge-board.ts';
import { DnsHook } from '../../../src/tls/acme/dns-hook.ts';
import { RecordingLogger } from '../../helpers/certificates.ts';
import { MemoryAcmeStore } from '../../helpers/acme-memory.ts';
import { startPebble, type Pebble } from '../../helpers/pebble.ts';
import { requireService } from '../../helpers/service.ts';

const EAB_KEY = 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W';
const DEADLINE = { orderTimeoutMs: 60_000 };

const KINDS = { open: { authzReuse: 100 }, bound: { eab: { 'kid-1': EAB_KEY } } } as const;
const started = new Map<keyof typeof KINDS, Promise<Pebble>>();

/** Two Pebbles for all tests, since each makes RSA keys at its start: one for anybody, one that wants external accounts. */
async function pebbleOf(test: Test, kind: keyof typeof KINDS = 'open'): Promise<Pebble | null> {
  const program = requireService(test, 'pebble');
  const dns = program === null ? null : requireService(test, 'pebble-challtestsrv');
  if (program === null || dns === null) return null;
  const pebble = started.get(kind) ?? startPebble(t, program, dns, KINDS[kind]);
  started.set(kind, pebble);
  return pebble;
}

function authorityAt(ca: AcmeCa, store: MemoryAcmeStore = new MemoryAcmeStore()): AcmeAuthority {
  return createAuthority(ca, { store, clock: systemClock, logger: new RecordingLogger(), keyType: 'p256', email: 'ops@example.com', ...DEADLINE });
}

/** A board whose answers are served as workers would, by the shape of the plain data alone. */
async function boardFor(t: Test, pebble: Pebble, types: readonly ChallengeType[]): Promise<ChallengeBoard> {
  let answers: ChallengeAnswers = { http: [], alpn: [] };
  const web = createServer((request, response) => {
    const answer = answers.http.find(({ host, token }) => request.headers.host?.split(':')[0] === host && request.url === `/.well-known/acme-challenge/${token}`);
    response.writeHead(answer === undefined ? 404 : 200).end(answer?.keyAuthorization);
  }).listen(pebble.httpPort, '127.0.0.1');
  const tls = createTlsServer({
    ALPNCallback: ({ protocols }) => (protocols.includes('acme-tls/1') ? 'acme-tls/1' : undefined),
    SNICallback(servername: string, done: (error: Error | null, context?: SecureContext) => void): void {
      const answer = answers.alpn.find(({ host }) => host === servername);
      done(null, answer === undefined ? undefined : createSecureContext(answer));
    },
  }, (socket) => {
    socket.on('error', () => undefined);
    socket.end();
  }).listen(pebble.tlsPort, '127.0.0.1');
  await Promise.all([once(web, 'listening'), once(tls, 'listening')]);
  t.teardown(() => {
    web.close();
    web.closeAllConnections();
    tls.close();
  });
  const services = { clock: systemClock, logger: new RecordingLogger() };
  const script = 'if [ "$1" = present ]; then to=set-txt; else to=clear-txt; fi; exec curl -sSf -d "{\\"host\\":\\"$2.\\",\\"value\\":\\"$3\\"}" "$0/$to"';
  const dns = new DnsHook({ command: ['sh', '-c', script, pebble.dns.managementUrl], url: null, headers: [], waitMs: 1, timeoutMs: 5000 }, services);
  return new ChallengeBoard({ ...services, types, dns, store: new MemoryAcmeStore(), onChange: async (now) => { answers = now; } });
}

await t.test('Pebble issues by http-01, for several names in one order, though it refuses many nonces', async (t) => {
  const pebble = await pebbleOf(t);
  if (pebble === null) return;
  const board = await boardFor(t, pebble, ['http-01']);
  const { cert, key } = await authorityAt(pebble.ca).order(['a.example.com', 'b.example.com', 'c.example.com'], board, null);
  const [leaf, intermediate] = cert.split(/(?<=-----END CERTIFICATE-----)\s+/).filter((pem) => pem !== '').map((pem) => new X509Certificate(pem));
  t.equal(leaf?.subjectAltName, 'DNS:a.example.com, DNS:b.example.com, DNS:c.example.com');
  t.ok(intermediate !== undefined && leaf?.checkIssued(intermediate));
  t.ok(intermediate?.checkIssued(new X509Certificate(await pebble.root())));
  t.ok(createSecureContext({ cert, key }));
  t.strictSame(board.answers, { http: [], alpn: [] }, 'no challenge stays open');
});

await t.test('Pebble issues by tls-alpn-01', async (t) => {
  const pebble = await pebbleOf(t);
  if (pebble === null) return;
  const board = await boardFor(t, pebble, ['tls-alpn-01']);
  const { cert } = await authorityAt(pebble.ca).order(['a.example.com'], board, null);
  t.equal(new X509Certificate(cert).subjectAltName, 'DNS:a.example.com');
});

await t.test('Pebble issues a wildcard by dns-01, through a command', async (t) => {
  const pebble = await pebbleOf(t);
  if (pebble === null || requireService(t, 'curl') === null) return;
  const board = await boardFor(t, pebble, ['http-01', 'dns-01']);
  const { cert } = await authorityAt(pebble.ca).order(['*.example.com'], board, null);
  t.equal(new X509Certificate(cert).subjectAltName, 'DNS:*.example.com');
});

await t.test('what the CA found instead of a proof stands in the error, with the host', async (t) => {
  const pebble = await pebbleOf(t);
  if (pebble === null) return;
  const board = await boardFor(t, pebble, ['http-01']);
  board.present = async () => undefined;
  await t.rejects(authorityAt(pebble.ca).order(['a.example.com'], board, null), { name: 'AcmeError', type: 'unauthorized', message: /^pebble: a\.example\.com \(http-01\): .*404/ });
});

await t.test('an external account is required: without one, with a wrong one, with the right one', async (t) => {
  const pebble = await pebbleOf(t, 'bound');
  if (pebble === null) return;
  const board = await boardFor(t, pebble, ['http-01']);
  const order = async (eab: AcmeCa['eab']): Promise<unknown> => authorityAt({ ...pebble.ca, eab }).order(['a.example.com'], board, null);
  await t.rejects(order(null), { name: 'AcmeError', type: 'externalAccountRequired' });
  await t.rejects(order({ kid: 'kid-2', hmacKey: EAB_KEY }), { name: 'AcmeError', type: /.+/ });
  await t.resolves(order({ kid: 'kid-1', hmacKey: EAB_KEY }));
});

await t.test('renewal needs no new proof while the CA remembers the last; a CA that lost its memory gets a new account', async (t) => {
  const first = await pebbleOf(t);
  if (first === null) return;
  const store = new MemoryAcmeStore();
  const board = await boardFor(t, first, ['http-01']);
  const one = await authorityAt(first.ca, store).order(['a.example.com'], board, null);
  let proofs = 0;
  const counting = Object.assign(Object.create(board) as ChallengeBoard, { present: async () => { proofs += 1; }, remove: async () => undefined });
  const two = await authorityAt(first.ca, store).order(['a.example.com'], counting, one.cert);
  t.not(new X509Certificate(two.cert).serialNumber, new X509Certificate(one.cert).serialNumber);
  t.not(two.key, one.key, 'with a key of its own');
  t.equal(proofs, 0);
  // Pebble keeps its accounts in memory: another one is the same CA that has lost them.
  const second = await pebbleOf(t, 'bound');
  if (second === null) return;
  const [key = ''] = store.keys.values();
  const [url = ''] = store.urls.values();
  store.keys.set(second.ca.directory, key);
  store.urls.set(second.ca.directory, url.replace(new URL(first.ca.directory).host, new URL(second.ca.directory).host));
  const secondBoard = await boardFor(t, second, ['http-01']);
  const secondCa = { ...second.ca, eab: { kid: 'kid-1', hmacKey: EAB_KEY } };
  t.ok(await authorityAt(secondCa, store).order(['a.example.com'], secondBoard, two.cert));
  t.equal(secondBoard.answers.http.length, 0);
});

await t.test('a CA whose own certificate is not trusted is not talked to', async (t) => {
  const pebble = await pebbleOf(t);
  if (pebble === null) return;
  const board = await boardFor(t, pebble, ['http-01']);
  await t.rejects(authorityAt({ ...pebble.ca, trust: null }).order(['a.example.com'], board, null), { type: 'network', message: /certificate/ });
});
