import { readFileSync } from 'node:fs';
import t from 'tap';
import { parse } from 'yaml';
import { referenceText } from '../../src/config/reference.ts';
import { makeCa } from '../helpers/certificates.ts';
import { loadRaw } from '../helpers/config-text.ts';

const introduction = readFileSync(new URL('../../src/config/reference-introduction.md', import.meta.url), 'utf8');
const { cert } = await makeCa();
const files = { '/etc/ssl/example.pem': '', '/etc/ssl/example.key': '', '/etc/ssl/clients.pem': cert, '/etc/ssl/our-ca.pem': cert, '/etc/sluice/404.html': '', '/etc/sluice/5xx.html': '', '/etc/sluice/maintenance.html': '<p>{code}', '/etc/sluice/keys.txt': `acme sha256:${'1'.repeat(64)}`, '/etc/sluice/api-keys.txt': `acme sha256:${'0'.repeat(64)}`, '/etc/sluice/.htpasswd': `anna:$2y$12$${'a'.repeat(53)}` };
const env = { JWT_SECRET: '5a1d4c0f9be27386d2c4e8f1703b69a5', REDIS_PASSWORD: 'secret', EAB_KID: 'kid', EAB_KEY: 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W' };
const published = readFileSync(new URL('../../config/README.md', import.meta.url), 'utf8');
const SETS = 'policies: { public-api: { ip: { deny: 192.0.2.1 } }, internal: { ip: { allow: 10.0.0.0/8 } } }\n';
/** Beside options that need to know who a client is. */
const WAYS = `, jwt: { secret: "a2F2ZWgtbm9ib2R5LWd1ZXNzZXMtdGhpcy1zZWNyZXQ-8" }, apiKey: { keys: ["a sha256:${'0'.repeat(64)}"] }`;
const blocks = [...published.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text = '']) => text);

/** Makes a route use the sets of an example. */
function useOf(content: unknown): string {
  const sets = typeof content === 'object' && content !== null && 'policies' in content && typeof content.policies === 'object' && content.policies !== null ? Object.keys(content.policies) : [];
  return sets.length === 0 ? '' : `, use: [${sets.join(', ')}]`;
}

/** Upstreams that routes name without saying where they are. */
function upstreamsOf(block: string): string[] {
  return [...new Set([...block.matchAll(/\bupstream: ([a-z]+)\b(?!:)/g)].map(([, name = '']) => name))];
}

await t.test('the published reference is current: `npm run reference` writes it', async (t) => {
  t.equal(published, referenceText(introduction));
});

await t.test('every example of the reference loads', async (t) => {
  t.ok(blocks.length > 15);
  for (const block of blocks) {
    const content: unknown = parse(block);
    const sections = typeof content === 'object' && content !== null ? Object.keys(content) : [];
    const missing = [
      ...(sections.includes('listen') ? [] : ['listen: { http: 80, https: 443 }']),
      ...(sections.includes('routes') ? [] : [`routes: [{ host: [app.example.com, internal.example.com], upstream: ${sections.includes('upstreams') ? 'api' : '"api:8000"'}${useOf(content)} }]`]),
      ...(sections.includes('routes') && !sections.includes('upstreams') ? [`upstreams: { ${upstreamsOf(block).map((name) => `${name}: "${name}:8000"`).join(', ')} }`] : []),
    ];
    t.doesNotThrow(() => t.strictSame(loadRaw([block, ...missing].join('\n'), { files, env }).warnings, []), block);
  }
});

await t.test('every example of an option of a route loads', async (t) => {
  const rows = published.slice(published.indexOf('### `routes`'), published.indexOf('### `defaults`')).matchAll(/^\| `(\w+)` \|.* Examples?: (.*)\. \|$/gm);
  let count = 0;
  for (const [, option = '', list = ''] of rows) {
    for (const [, example = ''] of list.matchAll(/`([^`]+)`/g)) {
      const action = /^(?:upstream|respond|redirect|health)$/.test(option) ? '' : ', upstream: api';
      const path = option === 'stripPrefix' ? ', path: /api/*' : '';
      const ways = /^(?:anyOf|roles|rateLimit|maxInFlight)$/.test(option) ? WAYS : '';
      t.doesNotThrow(() => loadRaw(`listen: { http: 80 }\nupstreams: { api: "api:1" }\n${SETS}routes: [{ ${option}: ${example}${action}${path}${ways} }]`, { files, env }), `${option}: ${example}`);
      count++;
    }
  }
  t.ok(count > 15);
});
