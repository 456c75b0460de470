import t from 'tap';
import { PRESETS, type SecurityHeaders } from '../../../src/config/policies/headers/preset.ts';
import { helmetHeaders } from '../../../src/policy/headers/helmet-headers.ts';

async function written(changes: Partial<SecurityHeaders>): Promise<Record<string, string>> {
  return Object.fromEntries(await helmetHeaders({ ...PRESETS.off, ...changes }));
}

await t.test('helmet writes every header, in the case of its name', async (t) => {
  t.strictSame(await written({
    csp: { directives: { 'default-src': ["'self'"], 'sandbox': [] }, reportOnly: true }, hsts: { maxAgeSeconds: 0, includeSubDomains: true, preload: true },
    frame: 'deny', referrer: ['no-referrer', 'same-origin'], permissions: 'camera=()', coop: 'same-origin-allow-popups', coep: 'credentialless', corp: 'cross-origin',
    originAgentCluster: true, noSniff: true, dnsPrefetch: 'allow', downloadOptions: true, crossDomain: 'by-content-type', xss: true,
  }), {
    'Content-Security-Policy-Report-Only': "default-src 'self';sandbox",
    'Cross-Origin-Embedder-Policy': 'credentialless',
    'Cross-Origin-Opener-Policy': 'same-origin-allow-popups',
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'Origin-Agent-Cluster': '?1',
    'Referrer-Policy': 'no-referrer,same-origin',
    'Strict-Transport-Security': 'max-age=0; includeSubDomains; preload',
    'X-Content-Type-Options': 'nosniff',
    'X-DNS-Prefetch-Control': 'on',
    'X-Download-Options': 'noopen',
    'X-Frame-Options': 'DENY',
    'X-Permitted-Cross-Domain-Policies': 'by-content-type',
    'X-XSS-Protection': '0',
    'Permissions-Policy': 'camera=()',
  });
  t.strictSame(await written({}), {});
});

await t.test('a policy without default-src is meant', async (t) => {
  t.strictSame(await written({ csp: { directives: { 'frame-ancestors': ["'none'"] }, reportOnly: false } }), { 'Content-Security-Policy': "frame-ancestors 'none'" });
});

await t.test('the same settings cost one question, whoever asks', async (t) => {
  const first = await helmetHeaders(structuredClone(PRESETS.api));
  t.equal(await helmetHeaders(structuredClone(PRESETS.api)), first);
});
