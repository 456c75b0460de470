import t from 'tap';
import { exampleText } from '../helpers/example.ts';
import { startLoneGateway } from '../helpers/lone-gateway.ts';
import { http2Client } from '../helpers/plain-clients.ts';
import { echoRequest, startHttpUpstream } from '../helpers/upstream.ts';

const app = await startHttpUpstream(async (request, response) => {
  response.setHeaders(new Map([['Server', 'app/1.2'], ['X-Runtime', '0.02'], ['Link', '</next>; rel=next']]));
  await echoRequest(request, response);
});
t.teardown(async () => app.close());
const targets = Object.fromEntries(['site:3000', 'editor:3000', 'archive:8000', 'staging:3000', 'intranet:8080'].map((target) => [` ${target}`, ` "${app.target}"`]));
const gateway = await startLoneGateway(t, exampleText('headers-in-detail', targets), { https: true });
const client = http2Client(t, gateway.httpsPort, gateway.ca);

interface Seen {
  /** Of the answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of the request, as the app had them. */
  readonly sent: Readonly<Record<string, string>>;
}

async function ask(host: string, headers: Record<string, string> = {}): Promise<Seen> {
  const answer = await client({ path: '/', headers: { ':authority': host, ...headers } });
  return { headers: answer.headers, sent: (JSON.parse(answer.body.toString()) as { headers: Record<string, string> }).headers };
}

await t.test('a policy that is tried out is reported and not enforced, HSTS begins with a month, and links stand beside those of the site', async (t) => {
  const { headers } = await ask('example.com');
  const tried = headers['content-security-policy-report-only'] ?? '';
  for (const directive of ["default-src 'self';", "object-src 'none';", 'report-uri https://reports.example.com/csp']) t.ok(tried.includes(directive), directive);
  t.match(headers, { 'content-security-policy': undefined, 'strict-transport-security': 'max-age=2592000; includeSubDomains', 'link': '</next>; rel=next, </main.css>; rel=preload; as=style' });
});

await t.test('the editor has a page to itself, and tells other sites no addresses', async (t) => {
  t.match((await ask('editor.example.com')).headers, {
    'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp', 'origin-agent-cluster': '?1', 'referrer-policy': 'same-origin', 'x-content-type-options': 'nosniff',
  });
});

await t.test('browsers guess what old files are, documents load data, and names of links are resolved in advance', async (t) => {
  t.match((await ask('archive.example.com')).headers, { 'x-content-type-options': undefined, 'x-permitted-cross-domain-policies': 'master-only', 'x-dns-prefetch-control': 'on', 'x-frame-options': 'SAMEORIGIN' });
});

await t.test('developers see what staging runs on, and have a feature beside their own', async (t) => {
  const { headers, sent } = await ask('staging.example.com', { 'x-feature': 'dark-mode' });
  t.match(headers, { 'server': 'app/1.2', 'x-runtime': '0.02' });
  t.equal(sent['x-feature'], 'dark-mode, new-checkout');
  t.match((await ask('editor.example.com')).headers, { 'server': undefined, 'x-runtime': undefined });
});

await t.test('the intranet says nothing to browsers of yesterday, and its framework hears nothing that it would obey', async (t) => {
  const { headers, sent } = await ask('intranet.example.com', { 'x-debug': '1', 'x-http-method-override': 'DELETE', 'x-other': 'a' });
  t.match(headers, { 'x-download-options': undefined, 'x-xss-protection': undefined, 'content-security-policy': /^default-src 'self'/, 'x-dns-prefetch-control': 'off' });
  t.match(sent, { 'x-debug': undefined, 'x-http-method-override': undefined, 'x-other': 'a' });
  t.match((await ask('editor.example.com', { 'x-debug': '1' })).sent, { 'x-debug': '1' });
});
