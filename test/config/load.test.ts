import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { ConfigError } from '../../src/config/diagnostic.ts';
import { formatDiagnostics } from '../../src/config/diagnostic-format.ts';
import { loadConfig, type LoadedConfig } from '../../src/config/load.ts';
import { makeCa } from '../helpers/certificates.ts';
import { ClientCa } from '../helpers/client-certificates.ts';
import { faultsOf } from '../helpers/config-text.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { jwkOf, PAIRS, pemOf } from '../helpers/token-issuer.ts';
import { workMs } from '../helpers/work-time.ts';

await t.test('the configuration that comes with the gateway loads without a warning', async (t) => {
  const { config, warnings } = loadConfig(path.join(import.meta.dirname, '../../config/gateway.yaml'), { env: {} });
  t.strictSame(warnings, []);
  t.strictSame(config.listen.http, [{ host: '::', port: 8080 }]);
  t.strictSame(config.upstreams[0]?.targets.map(({ port }) => port), [9001, 9002, 9003]);
  t.strictSame(config.routes[0]?.matches.map(({ host }) => host), ['localhost', '127.0.0.1', '[::1]']);
  t.strictSame(config.routes.map(({ action }) => action.kind), ['forward', 'respond', 'redirect']);
});

await t.test('every example loads without a warning', async (t) => {
  const folder = path.join(import.meta.dirname, '../../config/examples');
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  for (const name of ['balancing', 'breaker', 'health', 'one-container', 'sticky']) t.ok(files.includes(`${name}.yaml`), name);
  // Those name files that only the gateway's machine has; they have tests of their own.
  for (const name of files.filter((file) => !['acme.yaml', 'api-keys.yaml', 'basic-auth.yaml', 'client-certificates.yaml', 'tokens-in-detail.yaml', 'uploads.yaml'].includes(file))) {
    const { config, warnings } = loadConfig(path.join(folder, name), { env: { STICKY_SECRET: '0123456789abcdef', PARTNER_SECRET: '5a1d4c0f9be27386d2c4e8f1703b69a5' } });
    t.strictSame(warnings, [], name);
    t.ok(config.upstreams.length > 0, name);
  }
});

await t.test('the examples of certificates load without a warning', async (t) => {
  const { cert } = await makeCa();
  const crl = await (await ClientCa.make()).crl([]);
  const env = { REDIS_PASSWORD: 'secret', DNS_HOOK_TOKEN: 'secret', ZEROSSL_KID: 'kid', ZEROSSL_HMAC_KEY: 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W' };
  const readFile = (file: string): Uint8Array => {
    if (file.startsWith('/etc/sluice/')) return Buffer.from(file.includes('crl') ? crl : cert);
    return readFileSync(file);
  };
  const load = (name: string): LoadedConfig => loadConfig(path.join(import.meta.dirname, '../../config/examples', `${name}.yaml`), { env, readFile });
  const acme = load('acme');
  t.strictSame(acme.warnings, []);
  t.match(acme.config, { tls: { redisUrl: 'redis://:secret@redis:6379/0' }, acme: { cas: [{ name: 'letsencrypt' }, { name: 'zerossl' }], challenges: ['dns-01'] } });
  const clients = load('client-certificates');
  t.strictSame(clients.warnings, []);
  t.match(clients.config.tls.clients, [{ mode: 'require', crl }, { mode: 'request', headers: true }]);
});

await t.test('the examples of credentials load without a warning', async (t) => {
  const files: Readonly<Record<string, string>> = {
    '/etc/sluice/api-keys.txt': `acme sha256:${'0123456789abcdef'.repeat(4)} limit=1000/min\n`,
    '/etc/sluice/.htpasswd': 'anna:$2y$12$WApznUOJfkEGSmYRfnkrPOr466oFDCaj4b6HY3EXGvfxm43seywhe\n',
    '/etc/sluice/partner-ca.pem': (await makeCa()).cert,
    '/etc/sluice/sensors.jwks.json': JSON.stringify({ keys: [await jwkOf(PAIRS.p256.publicKey)] }),
    '/etc/sluice/billing.pem': pemOf(PAIRS.ed25519.publicKey),
    '/etc/sluice/reports-2026.pem': pemOf(PAIRS.p521.publicKey),
  };
  const readFile = (file: string): Uint8Array => Buffer.from(files[file] ?? readFileSync(file));
  const env = { JWT_SECRET: 'a2F2ZWgtbm9ib2R5LWd1ZXNzZXMtdGhpcy1zZWNyZXQ-8', REPORTS_SECRET: '5a1d4c0f9be27386d2c4e8f1703b69a5' };
  for (const name of ['api-keys', 'basic-auth', 'tokens-in-detail']) {
    const { warnings } = loadConfig(path.join(import.meta.dirname, '../../config/examples', `${name}.yaml`), { env, readFile });
    t.strictSame(warnings, [], name);
  }
});

await t.test('a file is read from disk, with what it names beside it', async (t) => {
  const folder = tempDir(t);
  writeFileSync(path.join(folder, 'hello.txt'), 'hello\n');
  writeFileSync(path.join(folder, 'gateway.yaml'), '\ufefflisten: { http: 80 }\nroutes: [{ respond: { body: "file:./hello.txt" } }]\n');
  const { config } = loadConfig(path.join(folder, 'gateway.yaml'), { env: {} });
  t.match(config.routes[0]?.action, { body: 'hello' });
});

await t.test('a file that is not there is one error without a line', async (t) => {
  const file = path.join(tempDir(t), 'none.yaml');
  try {
    loadConfig(file, { env: {} });
    t.fail('it loaded');
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    t.equal(formatDiagnostics(error.diagnostics, { color: false }), `${file}: error: the file cannot be read: there is no such file\n`);
  }
});

function fileOf(routeCount: number, upstream: string): () => Uint8Array {
  const routes = Array.from({ length: routeCount }, (_, index) => `  - host: app${index}.example.com\n    path: /api/${index}/*\n    upstream: ${upstream}\n`);
  return () => Buffer.from(`listen: { http: 80 }\nupstreams: { api: "api:80" }\nroutes:\n${routes.join('')}`);
}

await t.test('time grows with the number of routes, not with its square', async (t) => {
  const startedAt = workMs();
  t.equal(loadConfig('a.yaml', { env: {}, readFile: fileOf(10_000, 'api') }).config.routes.length, 10_000);
  t.equal(faultsOf(() => loadConfig('a.yaml', { env: {}, readFile: fileOf(5000, '[7, 8]') })).length, 5000);
  // About a second when the machine has nothing else to do; the bound leaves room for one that has.
  t.ok(workMs() - startedAt < 8000);
});
