import { readFileSync } from 'node:fs';
import t from 'tap';
import { parse } from 'yaml';
import { referenceText } from '../../src/config/reference.ts';
import { makeCa } from '../helpers/certificates.ts';
import { loadRaw } from '../helpers/config-text.ts';

const introduction = readFileSync(new URL('../../src/config/reference-introduction.md', import.meta.url), 'utf8');
const { cert } = await makeCa();
const files = { '/etc/ssl/example.pem': '', '/etc/ssl/example.key': '', '/etc/ssl/clients.pem': cert, '/etc/ssl/our-ca.pem': cert };
const env = { REDIS_PASSWORD: 'secret', EAB_KID: 'kid', EAB_KEY: 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W' };
const published = readFileSync(new URL('../../config/README.md', import.meta.url), 'utf8');
const blocks = [...published.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text = '']) => text);

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
      ...(sections.includes('routes') ? [] : [`routes: [{ host: [app.example.com, internal.example.com], upstream: ${sections.includes('upstreams') ? 'api' : '"api:8000"'} }]`]),
      ...(sections.includes('routes') && !sections.includes('upstreams') && block.includes('upstream: api }') ? ['upstreams: { api: "api:8000" }'] : []),
    ];
    t.doesNotThrow(() => t.strictSame(loadRaw([block, ...missing].join('\n'), { files, env }).warnings, []), block);
  }
});

await t.test('every example of an option of a route loads', async (t) => {
  const rows = published.slice(published.indexOf('### `routes`'), published.indexOf('### `defaults`')).matchAll(/^\| `(\w+)` \|.* Examples?: (.*)\. \|$/gm);
  let count = 0;
  for (const [, option = '', list = ''] of rows) {
    for (const [, example = ''] of list.matchAll(/`([^`]+)`/g)) {
      const action = /^(?:upstream|respond|redirect)$/.test(option) ? '' : ', upstream: api';
      const path = option === 'stripPrefix' ? ', path: /api/*' : '';
      t.doesNotThrow(() => loadRaw(`listen: { http: 80 }\nupstreams: { api: "api:1" }\nroutes: [{ ${option}: ${example}${action}${path} }]`), `${option}: ${example}`);
      count++;
    }
  }
  t.ok(count > 15);
});
