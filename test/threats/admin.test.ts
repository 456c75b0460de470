import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { request as sendRequest, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createAdminServer } from '../../src/admin/admin-server.ts';
import { methodsByPath, OPERATIONS } from '../../src/admin/operations.ts';
import { MemoryLogger, SampleServices } from '../admin/sample-services.ts';
import { startGateway } from '../helpers/gateway.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { echoRequest, startHttpUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';
import { freePort } from '../helpers/worker-plan.ts';
import { tempDir } from '../helpers/temp-dir.ts';

const TOKEN = '0123456789abcdef-token';

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly content?: string;
}

/** Status and body; of a stream what comes until `isEnough`. */
async function ask(port: number, path: string, { method = 'GET', headers = {}, content = '' }: Sent = {}, isEnough: (text: string) => boolean = () => false): Promise<{ readonly status: number; readonly text: string; readonly allow: string }> {
  const request = sendRequest({ host: '127.0.0.1', port, path, method, headers, agent: false }).end(content);
  const [response] = await once(request, 'response') as [IncomingMessage];
  let text = '';
  for await (const chunk of response as AsyncIterable<Buffer>) {
    text += chunk.toString();
    if (isEnough(text)) break;
  }
  return { status: response.statusCode ?? 0, text, allow: response.headers.allow ?? '' };
}

async function startSample(t: Test, token: string | null = null) {
  const services = new SampleServices();
  const server = await createAdminServer({ address: { host: token === null ? '127.0.0.1' : '0.0.0.0', port: 0 }, services, logger: new MemoryLogger(), token });
  t.teardown(async () => server.close());
  return { services, port: server.address.port };
}

function concrete(path: string): string {
  return path.replaceAll(/\{\w+\}/g, 'x');
}

await t.test('a name that leads here by rebinding gets nothing of any operation', async (t) => {
  const { services, port } = await startSample(t);
  const answered: string[] = [];
  for (const { method, path } of OPERATIONS) {
    for (const host of ['evil.example', `evil.example:${port}`, 'localhost.evil.example', '127.0.0.1.evil.example', '192.0.2.1', '[::2]', 'a@localhost']) {
      const { status } = await ask(port, concrete(path), { method, headers: { host, 'x-sluice-admin': '1' } });
      if (status !== 403 && status !== 400) answered.push(`${method} ${path} as ${host}: ${status}`);
    }
  }
  t.strictSame(answered, []);
  t.equal(services.reloads, 0);
});

await t.test('a page of another site changes nothing and reads nothing', async (t) => {
  const { services, port } = await startSample(t);
  const passed: string[] = [];
  for (const { method, path } of OPERATIONS) {
    for (const origin of ['https://evil.example', 'null', `https://127.0.0.1:${port}`, `http://localhost:${port}`, 'http://127.0.0.1']) {
      const { status } = await ask(port, concrete(path), { method, headers: { origin, 'content-type': 'application/json' }, content: method === 'POST' ? '{}' : '' });
      // The page itself may be linked to; it says nothing.
      if (status !== 403 && !(path === '/' || path.startsWith('/page/'))) passed.push(`${method} ${path} from ${origin}: ${status}`);
    }
  }
  for (const { path } of OPERATIONS.filter(({ method }) => method === 'POST')) {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain; application/json', '']) {
      const { status } = await ask(port, path, { method: 'POST', headers: type === '' ? {} : { 'content-type': type }, content: '{"level":"debug"}' });
      if (status !== 415) passed.push(`POST ${path} as ${type}: ${status}`);
    }
  }
  t.strictSame(passed, []);
  t.equal(services.reloads, 0);
  t.strictSame([services.targetsSet, services.renewed, services.level], [[], [], 'info']);
});

await t.test('with a token nobody without it learns more than whether the gateway is there', async (t) => {
  const { services, port } = await startSample(t, TOKEN);
  const passed: string[] = [];
  const wrong = ['', 'Bearer ', 'Bearer x', `Bearer ${TOKEN}x`, `Basic ${TOKEN}`];
  for (const [i, { method, path, isOpen = false }] of OPERATIONS.entries()) {
    const authorization = wrong[i % wrong.length] ?? '';
    const { status } = await ask(port, concrete(path), { method, headers: { 'x-sluice-admin': '1', ...(authorization !== '' && { authorization }) } });
    // Behind 20 wrong tokens there is 429 for a minute.
    if (!isOpen && status !== 401 && status !== 429) passed.push(`${method} ${path}: ${status}`);
  }
  t.strictSame(passed, []);
  t.equal(services.reloads, 0);
});

await t.test('a token is compared in a time that says nothing of it', async (t) => {
  const source = readFileSync(new URL('../../src/admin/admin-token.ts', import.meta.url), 'utf8');
  t.match(source, /timingSafeEqual\(digest\(given\), expected\)/, 'digests, so that lengths are equal, too');
  t.notMatch(source, /given ===|=== token|localeCompare|startsWith\(/);
});

await t.test('a body that is too large, a head that is too large and a method that is not there are refused', async (t) => {
  const { services, port } = await startSample(t);
  const headers = { 'content-type': 'application/json' };
  const large: string[] = [];
  for (const { path } of OPERATIONS.filter(({ method }) => method === 'POST')) {
    const { status } = await ask(port, path, { method: 'POST', headers, content: JSON.stringify({ key: 'x'.repeat(20_000) }) });
    if (status !== 413) large.push(`${path}: ${status}`);
  }
  t.strictSame(large, []);
  t.equal((await ask(port, '/health', { headers: { 'x-long': 'x'.repeat(10_000) } })).status, 431);
  const strange: string[] = [];
  for (const [path, allow] of methodsByPath(OPERATIONS.filter((operation) => !operation.path.includes('{')))) {
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND']) {
      const answer = await ask(port, path, { method, headers });
      if (answer.status !== 405 || answer.allow !== allow) strange.push(`${method} ${path}: ${answer.status} ${answer.allow}`);
    }
  }
  t.strictSame(strange, []);
  t.equal(services.reloads, 0);
});

await t.test('more than 64 connections at once are not taken', async (t) => {
  const { port } = await startSample(t);
  const clients = await Promise.all(Array.from({ length: 80 }, async () => RawClient.connect({ port })));
  for (const client of clients) t.teardown(() => client.destroy());
  const closed = (): number => clients.filter(({ socket }) => socket.readableEnded || socket.destroyed).length;
  await eventually(() => closed() >= 16);
  t.equal(closed(), 16);
  for (const client of clients) client.destroy();
  await eventually(async () => ask(port, '/liveness').then(({ status }) => status === 200, () => false));
});

await t.test('no public listener knows a path of the admin API or the metrics', async (t) => {
  const gateway = await startGateway(t, `listen: { http: "127.0.0.1:0", https: "127.0.0.1:0", admin: ${await freePort()} }\nroutes: [{ path: /only, https: both, respond: { body: mine } }]`);
  const paths = [...OPERATIONS.map(({ path }) => concrete(path)), '/metrics/', '/metrics?format=prometheus', '/-/metrics', '/status', '/admin', '/page/', '//metrics', '/only/../metrics', '/%6detrics', '/.well-known/sluice'];
  const found: string[] = [];
  for (const path of paths) {
    for (const options of [{ port: gateway.httpPort }, { port: gateway.httpsPort, tls: true }] as const) {
      const { port } = options;
      const client = await RawClient.connect(options);
      const { status, text } = await client.write(`GET ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nX-Sluice-Admin: 1\r\nConnection: close\r\n\r\n`).readResponse();
      client.destroy();
      // What is told is told by the route table alone; a path in doubt is refused before it.
      if (![404, 400].includes(status) || !/"code":"(?:no_route|bad_path)"/.test(text)) found.push(`${path} on ${port}: ${status}`);
    }
  }
  t.strictSame(found, []);
});

/** Each is found again by its number, whatever else is in it. */
function marker(number: number): string {
  return `hunter2marker${number}X`;
}

const BCRYPT = `$2b$12$${'hunter2marker40X'.padEnd(53, 'a')}`;
const SCRYPT = `$scrypt$ln=16,r=8,p=1$${Buffer.from('0123456789abcdef').toString('base64').replaceAll('=', '')}$${'hunter2marker41X'.padEnd(43, 'a')}`;
const KEY_HASHES = [50, 51, 52].map((number) => createHash('sha256').update(marker(number)).digest('hex'));
const LONG = 'q7Zt2LmX9vRb4KsWd8NfYc3HgJ5pUe6A';

function secretive(dir: string, app: string, admin: number): string {
  writeFileSync(join(dir, 'secret.txt'), `${marker(1)}${LONG}\n`);
  writeFileSync(join(dir, 'keys.txt'), `filed sha256:${KEY_HASHES[2]}\n`);
  writeFileSync(join(dir, 'users.txt'), `filed:${BCRYPT.replace('40', '42')}\n`);
  return `listen: { http: "127.0.0.1:0", https: "127.0.0.1:0", admin: ${admin} }
accessLog: { mask: { query: [pin] } }
traces: { endpoint: "http://127.0.0.1:9/", headers: { X-Honeycomb-Team: ${marker(2)}, Authorization: "Bearer ${marker(3)}" } }
rateLimits: { store: "redis://user:${marker(4)}@127.0.0.1:9", onStoreDown: local }
acme:
  ca: [{ name: mine, directory: "https://127.0.0.1:9/dir?key=${marker(5)}", eab: { kid: me, hmacKey: ${marker(6)}${LONG} } }]
  challenges: [dns-01]
  dns: { url: "http://127.0.0.1:9/?token=${marker(8)}", headers: { X-Hook: ${marker(9)}, Authorization: "Bearer ${marker(10)}" } }
upstreams:
  app: { targets: ["${app}"], health: { path: "/?token=${marker(11)}", headers: { Authorization: "Bearer ${marker(12)}", X-Api-Key: ${marker(13)} } } }
defaults: { headers: { request: { set: { X-Internal-Token: ${marker(14)} } } } }
policies: { inner: { jwt: { secret: ${marker(15)}${LONG} } } }
routes:
  - { name: file, path: /file, upstream: app, jwt: { secret: "file:./secret.txt" } }
  - { name: env, path: /env, upstream: app, jwt: { secret: "\${MARKED}" } }
  - { name: inline, path: /inline, upstream: app, jwt: { keys: [{ kid: a, secret: ${marker(16)}${LONG} }] } }
  - { name: used, path: /used, upstream: app, use: inner }
  - { name: keys, path: /keys, upstream: app, apiKey: { keys: [{ name: mobile, hash: "sha256:${KEY_HASHES[0]}" }, "web sha256:${KEY_HASHES[1]}"], file: ./keys.txt } }
  - { name: users, path: /users, upstream: app, basic: { users: { anna: "${BCRYPT}", ben: "${SCRYPT}" }, file: ./users.txt } }
  - { name: asks, path: /asks, upstream: app, forwardAuth: { url: "http://127.0.0.1:9/?api_key=${marker(18)}" } }
  - { name: sends, path: /sends, upstream: app, headers: { request: { set: { Authorization: "Basic ${marker(19)}", Cookie: "sid=${marker(20)}" } }, response: { set: { Set-Cookie: "sid=${marker(21)}" } } } }
  - { name: leads, path: /leads, redirect: "https://example.com/?token=${marker(23)}" }
  - { name: leads-on, path: /leads-on, redirect: "https://example.com/\${MARKED}" }
  - { name: hidden, path: "/hooks/\${MARKED}", respond: { body: "\${MARKED}" } }
  - { name: matched, path: /matched, match: { headers: { X-Api-Key: ${marker(24)} }, query: { token: ${marker(25)} } }, respond: { headers: { Authorization: ${marker(26)} } } }
  - { name: limited, path: /limited, rateLimit: 1/min, respond: { body: fine } }
  - { name: rest, path: /*, upstream: app, rewrite: { pattern: "^/(.*)$", with: "/$1" } }
`;
}

/** As it stands, and as it is written in URLs, Basic credentials and JSON. */
function formsOf(secret: string): string[] {
  return [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64').slice(0, 9), JSON.stringify(secret).slice(1, -1)];
}

function traces(text: string, secrets: readonly string[]): string[] {
  return secrets.filter((secret) => formsOf(secret).some((form) => text.includes(form)));
}

await t.test('no answer, no stream and no log has a secret of the configuration or of a request', async (t) => {
  const app = await startHttpUpstream(echoRequest);
  t.teardown(async () => app.close());
  const admin = await freePort();
  const dir = tempDir(t);
  process.env['MARKED'] = `${marker(30)}${LONG}`;
  t.teardown(() => { delete process.env['MARKED']; });
  const gateway = await startGateway(t, secretive(dir, app.target, admin).replaceAll('./', `${dir}/`));
  const sent = [60, 61, 62, 63, 64, 65].map(marker);
  const [inQuery, inPin, inHeader, inCookie, inReferer, inKey] = sent;
  for (const path of ['/file', '/env', '/keys', '/users', '/asks', '/limited', '/limited', '/nothing', '/leads']) {
    await ask(gateway.httpPort, `${path}?access_token=${inQuery}&pin=${inPin}`, {
      headers: { host: `localhost:${gateway.httpPort}`, authorization: `Bearer ${inHeader}`, cookie: `sid=${inCookie}`, referer: `https://user:${inReferer}@a.test/?token=${inReferer}`, 'x-api-key': `${inKey}` },
    });
  }
  // A change of every secret is a change that is told, and tells nothing.
  gateway.write(secretive(dir, app.target, admin).replaceAll('./', `${dir}/`).replaceAll(/marker(\d+)X/g, 'marker$1Y').replaceAll('$2b$12$', '$2b$11$'));
  t.match(await gateway.plane.reload(), { ok: true });
  const secrets = ['hunter2', 'marker', ...KEY_HASHES, ...KEY_HASHES.map((hash) => hash.slice(0, 32))];
  const leaks: string[] = [];
  const look = (where: string, text: string): void => {
    for (const secret of traces(text, secrets)) leaks.push(`${where}: ${/.{0,60}(?:hunter2|marker).{0,20}/.exec(text)?.[0] ?? secret}`);
  };
  const streams: Readonly<Record<string, (text: string) => boolean>> = {
    '/status/stream': (text) => text.includes('event: second'),
    '/requests/stream': (text) => text.includes('event: requests'),
  };
  const queries: Readonly<Record<string, string>> = { '/requests': '?count=1000', '/limits': `?key=${inKey}` };
  for (const { path } of OPERATIONS.filter(({ method }) => method === 'GET')) {
    let isTold = path !== '/requests/stream';
    const asked = ask(admin, concrete(path) + (queries[path] ?? ''), { headers: { accept: 'application/openmetrics-text' } }, streams[path]).finally(() => { isTold = true; });
    await eventually(async () => {
      if (!isTold) await ask(gateway.httpPort, `/limited?token=${inQuery}`, { headers: { host: 'localhost' } });
      return isTold;
    }, 20_000);
    look(path, (await asked).text);
  }
  for (const message of gateway.messages) look('the log', message);
  t.strictSame(leaks, []);

  const values = await ask(admin, '/config');
  t.match(values.text, /"\$\{MARKED\}"/, 'what came from the environment is named');
  t.match(values.text, /"file:[^"]*secret\.txt"/, 'and so is the file');
  const { generations } = JSON.parse((await ask(admin, '/generations')).text) as { readonly generations: readonly { readonly changes: readonly { readonly path: string }[] }[] };
  t.ok((generations[0]?.changes.length ?? 0) > 20, 'that secrets have changed is told');
});
