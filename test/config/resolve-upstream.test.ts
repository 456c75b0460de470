import t from 'tap';
import type { UpstreamConfig } from '../../src/config/upstream-config.ts';
import { checkBroken, configOf, type Surroundings } from '../helpers/config-text.ts';
import { makeCa } from '../helpers/certificates.ts';

function upstream(text: string, surroundings: Surroundings = {}): UpstreamConfig | undefined {
  return configOf(fileOf(text), surroundings).upstreams[0];
}

function fileOf(text: string): string {
  return `routes: [{ upstream: api }]\nupstreams: { api: ${text} }`;
}

await t.test('an upstream that says only its target gets the documented defaults', async (t) => {
  t.strictSame(upstream('"api:8000"'), {
    name: 'api',
    targets: [{ name: 'api:8000', secure: false, host: 'api', port: 8000, path: null, srv: false, weight: 1, backup: false }],
    tls: { verify: true, ca: null, serverName: null },
    keepAlive: { connectionsMax: 64, idleMs: 4000, lifetimeMs: 3_600_000 },
    protocol: 'http1',
    http2: { connectionsMax: 16, pingMs: 360_000 },
    balance: { kind: 'round-robin' },
    health: null,
    ejection: { failures: 5, timeMs: 30_000, timeMaxMs: 300_000, shareMax: 0.1 },
    failsMax: 1,
    failTimeoutMs: 10_000,
    slowStartMs: 0,
    panicShare: 0,
    retry: { attempts: 2, onConnect: true, onReset: true, onTimeout: true, statuses: [], budgetShare: 0.2, bodyBytesMax: 65_536 },
    hold: { waitMs: 0, queueMax: 1000 },
    breaker: null,
    limit: null,
    hedge: null,
    resolve: { minMs: 1000, maxMs: 60_000, servers: [] },
    timeouts: { connectMs: 5000, responseMs: 60_000, idleMs: 60_000, totalMs: 0, streamMs: 86_400_000, tunnelMs: 86_400_000 },
  });
});

await t.test('the short forms mean the same as the full one', async (t) => {
  t.strictSame(upstream('"a:1"'), upstream('{ targets: ["a:1"] }'));
  t.strictSame(upstream('["a:1", "b:1"]'), upstream('{ targets: ["a:1", "b:1"] }'));
});

await t.test('each option is read', async (t) => {
  const full = upstream('{ targets: "https://a", tls: { verify: false, serverName: B.com }, keepAlive: { connections: 0, idle: 1s, lifetime: off }, timeouts: { total: 5m } }');
  t.match(full, {
    tls: { verify: false, ca: null, serverName: 'b.com' },
    keepAlive: { connectionsMax: 0, idleMs: 1000, lifetimeMs: 0 },
    timeouts: { totalMs: 300_000, connectMs: 5000 },
  });
});

await t.test('the authority is read from its file, or is the PEM text itself', async (t) => {
  const pem = (await makeCa()).cert.trimEnd();
  const files = { '/etc/sluice/ca.pem': pem };
  t.equal(upstream('{ targets: "https://a", tls: { ca: ca.pem } }', { files })?.tls.ca, pem);
  t.equal(upstream('{ targets: "https://a", tls: { ca: "file:./ca.pem" } }', { files })?.tls.ca, pem);
});

await t.test('an upstream that a route names by its target has the same defaults', async (t) => {
  const [anonymous] = configOf('routes: [{ upstream: "api:8000" }]').upstreams;
  t.strictSame(anonymous, { ...upstream('"api:8000"'), name: 'api:8000' });
});

await t.test('records that lead to TLS are sound once the certificate is named', async (t) => {
  t.match(upstream('{ targets: "srv:_https._tcp.a.com", tls: { serverName: a.com } }')?.tls, { serverName: 'a.com' });
});

await t.test('an authority without a valid certificate is an error: nothing could be verified with it', async (t) => {
  const { cert } = await makeCa();
  const key = '-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n';
  for (const ca of ['', 'text', key, cert.slice(0, 200), `${cert}\n${cert.replace('M', '!')}`]) {
    checkBroken(t, [[fileOf('{ targets: "https://a", tls: { ca: »ca.pem } }'), 'holds no valid PEM certificate']], { files: { '/etc/sluice/ca.pem': ca } });
  }
  const bundle = `# two of them\n${cert}\n${(await makeCa()).cert}`;
  t.equal(upstream('{ targets: "https://a", tls: { ca: ca.pem } }', { files: { '/etc/sluice/ca.pem': bundle } })?.tls.ca, bundle);
});

await t.test('HTTP/2 is what the upstream says, and its options are of no use without it', async (t) => {
  t.match(upstream('{ targets: "a:1", protocol: h2, http2: { connections: 2, ping: off } }'), { protocol: 'h2', http2: { connectionsMax: 2, pingMs: 0 } });
  checkBroken(t, [[fileOf('{ targets: "a:1", »http2: { ping: 1m } }'), '`http2` has no effect without `protocol: h2`', 'Remove it']]);
});

await t.test('what cannot work is an error at its place', async (t) => {
  checkBroken(t, [
    [fileOf('{ targets: "a:1", »tls: { verify: false } }'), 'no target starts with `https://`'],
    [fileOf('{ »targets: "srv:_https._tcp.a.com" }'), 'whose certificate is right', 'serverName'],
    ['routes: [{ upstream: »"srv:_https._tcp.a.com" }]', 'whose certificate is right'],
    [fileOf('{ targets: "https://a", tls: { ca: »ca.pem } }'), 'cannot be read: there is no such file'],
  ]);
});
