import { createHash } from 'node:crypto';
import t from 'tap';
import { configOf } from '../helpers/config-text.ts';

const KEY = `robot sha256:${createHash('sha256').update('k').digest('hex')}`;

await t.test('what is a credential on one route is hidden in the log of all, beside what was chosen', async (t) => {
  const { accessLog } = configOf(`
accessLog: { mask: { headers: X-Staff, query: [name] } }
routes:
  - { path: /a, respond: {}, apiKey: { keys: ["${KEY}"], header: X-Partner, query: P } }
  - { path: /b, respond: {}, jwt: { secret: a2F2ZWgtbm9ib2R5LWd1ZXNzZXMtdGhpcy1zZWNyZXQ-8, from: ["header:X-Pass", "query:pass", "cookie:c", header] } }
  - { path: /c, respond: {}, apiKey: { keys: ["${KEY}"], scheme: Bearer } }
`);
  t.strictSame(accessLog.mask.headers, ['x-staff', 'x-partner', 'x-pass']);
  t.strictSame(accessLog.mask.query, ['name', 'p', 'pass']);
});

await t.test('without policies nothing is added', async (t) => {
  const { mask } = configOf('routes: [{ respond: {} }]').accessLog;
  t.strictSame([mask.headers, mask.query], [[], []]);
});
