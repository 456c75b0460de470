import { createHash, createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { hashSync } from '@node-rs/bcrypt';
import t, { type Test } from 'tap';
import { startCollector } from '../helpers/collector.ts';
import { startGateway, type TestGateway } from '../helpers/gateway.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { startHttpUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

const SECRET = 'a2F2ZWgtbm9ib2R5LWd1ZXNzZXMtdGhpcy1zZWNyZXQ-8';
const COUNTED = /^sluice_(rate_limit_decisions|authentications|compressed_responses|policy_decisions)_total\{(.*)\} (\d+)$/;
const GZIP = 'Accept-Encoding: gzip';

interface Sent {
  readonly method?: string;
  readonly headers?: readonly string[];
  readonly body?: string;
}

/** Decisions as `rate_limit_decisions route|outcome`, of those that there were any of. */
async function decisionsOf({ plane }: TestGateway): Promise<Record<string, number>> {
  const text = await (await fetch(`http://127.0.0.1:${plane.admin?.address.port ?? 0}/metrics`)).text();
  return Object.fromEntries(text.split('\n').flatMap((line) => {
    const [, name = '', labels = '', count = ''] = COUNTED.exec(line) ?? [];
    return name === '' ? [] : [[`${name} ${[...labels.matchAll(/="([^"]*)"/g)].map(([, value]) => value).join('|')}`, Number(count)] as const];
  }));
}

/** Sends a request on a connection of its own, so that it goes to whichever worker the kernel chooses. */
function senderTo(port: number): (path: string, sent?: Sent) => Promise<number> {
  return async (path, { method = 'GET', headers = [], body = '' } = {}) => {
    const client = await RawClient.connect({ port });
    client.write([`${method} ${path} HTTP/1.1`, 'Host: a.test', 'Connection: close', ...(body === '' ? [] : [`Content-Length: ${body.length}`]), ...headers, '', body].join('\r\n'));
    const { status } = await client.readResponse({ method });
    client.destroy();
    return status;
  };
}

function token(claims: object, secret = SECRET): string {
  const signed = [{ alg: 'HS256' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `Authorization: Bearer ${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

async function startApp(t: Test): Promise<{ readonly target: string; readonly held: readonly ServerResponse[] }> {
  const held: ServerResponse[] = [];
  const app = await startHttpUpstream((request, response) => {
    const path = request.url ?? '';
    if (path.startsWith('/auth')) {
      const status = Number(request.headers['x-say'] ?? 200);
      response.writeHead(status, status === 302 ? { location: 'https://login.test/' } : { 'x-user': 'faye' }).end();
      return;
    }
    if (path === '/hang') {
      held.push(response);
      return;
    }
    const headers: Record<string, string> = { 'content-type': path.includes('image') ? 'image/png' : 'text/plain' };
    if (path.includes('cookie')) headers['set-cookie'] = 'a=1';
    if (path.includes('encoded')) headers['content-encoding'] = 'br';
    request.resume();
    if (path.includes('endless')) {
      response.writeHead(200, headers).write('x'.repeat(50_000));
      held.push(response);
      return;
    }
    const body = path.includes('small') ? 'x' : 'x'.repeat(5000);
    response.writeHead(path.includes('500') ? 500 : 200, { ...headers, 'content-length': body.length }).end(body);
  });
  t.teardown(async () => app.close());
  return { target: app.target, held };
}

function hashed(key: string): string {
  return `sha256:${createHash('sha256').update(key).digest('hex')}`;
}

const JWT = `jwt: { secret: "${SECRET}", requireExp: false }`;
const KEYS = `apiKey: { keys: ["robot ${hashed('key-of-robot')} roles=robot", "late ${hashed('key-of-late')} expires=2020-01-01"] }`;
const BASIC = `basic: { users: { anna: "${hashSync('pw', 4)}" } }`;

await t.test('what policies decide is counted once, by route and by what it was, over all workers, and seen in the spans', async (t) => {
  const collector = await startCollector(t);
  const app = await startApp(t);
  const gateway = await startGateway(t, `
workers: 2
listen: { http: "127.0.0.1:0", admin: "127.0.0.1:0" }
traces: { endpoint: "${collector.endpoint}" }
upstreams: { app: { targets: ["${app.target}"], eject: off } }
routes:
  - { name: limit, path: /limit, respond: { body: in }, rateLimit: 2/hour }
  - { name: both, path: /both, respond: { body: in }, ${JWT}, rateLimit: { limits: 2/hour, key: user, also: [{ limits: 100/hour }] } }
  - { name: dry, path: /dry, respond: { body: in }, rateLimit: { limits: 2/hour, dryRun: true } }
  - { name: exempt, path: /exempt, respond: { body: in }, rateLimit: { limits: 2/hour, allow: 127.0.0.0/8 } }
  - { name: delay, path: /delay, respond: { body: in }, rateLimit: { limits: 10/s, burst: 5, mode: delay } }
  - { name: jwt, path: /jwt, respond: { body: in }, jwt: { secret: "${SECRET}", requireExp: false, roles: [admin] } }
  - { name: key, path: /key, respond: { body: in }, ${KEYS} }
  - { name: basic, path: /basic, respond: { body: in }, ${BASIC} }
  - { name: asked, path: /asked, respond: { body: in }, forwardAuth: { url: "http://${app.target}/auth", headers: [X-Say] } }
  - { name: nobody, path: /nobody, respond: { body: in }, forwardAuth: "http://127.0.0.1:1/auth" }
  - { name: any, path: /any, respond: { body: in }, ${JWT}, ${KEYS}, anyOf: [jwt, apiKey] }
  - { name: roles, path: /roles, respond: { body: in }, ${KEYS}, roles: admin }
  - { name: ip, path: /ip, respond: { body: in }, ip: { deny: 127.0.0.0/8 } }
  - { name: cors, path: /cors, respond: { body: in }, cors: { origins: "https://good.test", enforce: true } }
  - { name: body, path: /body, upstream: app, maxBody: 10B }
  - { name: busy, path: /hang, upstream: app, maxInFlight: { limit: 1 } }
  - { name: text, path: /text/*, upstream: app, compress: true }
  - { name: pages, path: /pages/*, upstream: app, errorPages: { 5xx: { json: { inline: down } }, 4xx: { json: { inline: refused } }, intercept: [5xx] }, maxBody: 10B }
`);
  let requests = 0;
  const sendTo = senderTo(gateway.httpPort);
  const send = async (path: string, sent?: Sent): Promise<number> => {
    requests += 1;
    return sendTo(path, sent);
  };
  const times = async (count: number, path: string, sent?: Sent): Promise<void> => {
    for (let i = 0; i < count; i += 1) await send(path, sent);
  };
  const expected: Record<string, number> = {};
  const expects = (metric: string, route: string, counts: Readonly<Record<string, number>>): void => {
    for (const [labels, count] of Object.entries(counts)) expected[`${metric} ${route}|${labels}`] = count;
  };

  await times(5, '/limit');
  expects('rate_limit_decisions', 'limit', { allowed: 2, limited: 3 });
  await times(4, '/both', { headers: [token({ sub: 'tom' })] });
  await send('/both');
  expects('rate_limit_decisions', 'both', { allowed: 2, limited: 2 });
  expects('authentications', 'both', { 'jwt|passed': 4, 'jwt|missing': 1 });
  await times(3, '/dry');
  expects('rate_limit_decisions', 'dry', { allowed: 2, dry_run: 1 });
  await times(3, '/exempt');
  expects('rate_limit_decisions', 'exempt', { exempt: 3 });
  await Promise.all([send('/delay'), send('/delay')]);
  expects('rate_limit_decisions', 'delay', { allowed: 1, delayed: 1 });

  for (const headers of [[token({ sub: 'tom', roles: ['admin'] })], [token({ sub: 'tom' })], [token({ sub: 'x' }, 'another')], [token({ sub: 'x', exp: 1 })], []]) await send('/jwt', { headers });
  expects('authentications', 'jwt', { 'jwt|passed': 1, 'jwt|forbidden': 1, 'jwt|invalid': 1, 'jwt|expired': 1, 'jwt|missing': 1 });
  for (const key of ['key-of-robot', 'key-of-late', 'key-of-nobody']) await send('/key', { headers: [`X-API-Key: ${key}`] });
  expects('authentications', 'key', { 'apiKey|passed': 1, 'apiKey|expired': 1, 'apiKey|invalid': 1 });
  for (const pair of ['anna:pw', 'anna:no', 'nobody:pw']) await send('/basic', { headers: [`Authorization: Basic ${btoa(pair)}`] });
  expects('authentications', 'basic', { 'basic|passed': 1, 'basic|invalid': 2 });
  for (const status of [200, 401, 302, 500]) await send('/asked', { headers: [`X-Say: ${status}`] });
  expects('authentications', 'asked', { 'forwardAuth|passed': 1, 'forwardAuth|refused': 2, 'forwardAuth|unavailable': 1 });
  await send('/nobody');
  expects('authentications', 'nobody', { 'forwardAuth|unavailable': 1 });
  for (const headers of [[token({ sub: 'tom' })], ['X-API-Key: key-of-robot'], [], [token({ sub: 'x' }, 'another')]]) await send('/any', { headers });
  expects('authentications', 'any', { 'jwt|passed': 1, 'jwt|missing': 2, 'jwt|invalid': 1, 'apiKey|passed': 1, 'apiKey|missing': 2, 'anyOf|passed': 2, 'anyOf|missing': 1, 'anyOf|invalid': 1 });
  await send('/roles', { headers: ['X-API-Key: key-of-robot'] });
  expects('authentications', 'roles', { 'apiKey|passed': 1 });
  expects('policy_decisions', 'roles', { 'roles|refused': 1 });

  await times(2, '/ip');
  expects('policy_decisions', 'ip', { 'ip|refused': 2 });
  const preflight = 'Access-Control-Request-Method: GET';
  for (const origin of ['good', 'good', 'bad']) await send('/cors', { method: 'OPTIONS', headers: [`Origin: https://${origin}.test`, preflight] });
  for (const origin of ['good', 'bad']) await send('/cors', { headers: [`Origin: https://${origin}.test`] });
  expects('policy_decisions', 'cors', { 'cors|preflight': 2, 'cors|preflight_refused': 1, 'cors|refused': 1 });
  await send('/body', { method: 'POST', body: 'x'.repeat(11) });
  await send('/body', { method: 'POST', headers: ['Transfer-Encoding: chunked', '', `b\r\n${'x'.repeat(11)}\r\n0\r\n\r\n`] });
  await send('/body', { method: 'POST', body: 'x'.repeat(10) });
  expects('policy_decisions', 'body', { 'maxBody|refused': 2 });
  const holding = await RawClient.connect({ port: gateway.httpPort });
  t.teardown(() => holding.destroy());
  holding.write('GET /hang HTTP/1.1\r\nHost: a.test\r\n\r\n');
  await eventually(() => app.held.length === 1, 20_000);
  t.equal(await send('/hang'), 429);
  expects('policy_decisions', 'busy', { 'maxInFlight|refused': 1 });

  for (const path of ['big', 'small', 'image', 'encoded', 'cookie']) await send(`/text/${path}`, { headers: [GZIP] });
  for (const coding of ['br', 'zstd']) await send('/text/big', { headers: [`Accept-Encoding: ${coding}`] });
  await send('/text/big');
  expects('compressed_responses', 'text', { gzip: 1, br: 1, zstd: 1, small: 1, type: 1, encoded: 1, cookie: 1, not_accepted: 1 });
  for (const path of ['500', 'fine']) await send(`/pages/${path}`);
  await send('/pages/long', { method: 'POST', body: 'x'.repeat(11) });
  expects('policy_decisions', 'pages', { 'errorPages|intercepted': 1, 'errorPages|page': 1, 'maxBody|refused': 1 });

  t.strictSame(sorted(await decisionsOf(gateway)), sorted(expected));

  await eventually(() => collector.spans.filter(({ kind }) => kind === 'server').length === requests, 20_000);
  const seen = (route: string, key: string): unknown[] => collector.spans.filter(({ kind, attributes }) => kind === 'server' && attributes['http.route'] === route).map(({ attributes }) => attributes[key] ?? '').toSorted((a, b) => (String(a) < String(b) ? -1 : 1));
  t.strictSame(seen('limit', 'sluice.rate_limit'), ['allowed', 'allowed', 'limited', 'limited', 'limited']);
  t.strictSame(seen('jwt', 'sluice.jwt'), ['expired', 'forbidden', 'invalid', 'missing', 'passed']);
  t.strictSame(seen('any', 'sluice.any_of'), ['invalid', 'missing', 'passed', 'passed']);
  t.strictSame(seen('asked', 'sluice.forward_auth'), ['passed', 'refused', 'refused', 'unavailable']);
  t.strictSame(seen('cors', 'sluice.cors'), ['', 'preflight', 'preflight', 'preflight_refused', 'refused']);
  t.strictSame(seen('body', 'sluice.max_body'), ['', 'refused', 'refused']);
  t.strictSame([...seen('ip', 'sluice.ip'), ...seen('roles', 'sluice.roles')], ['refused', 'refused', 'refused']);
  t.strictSame(seen('text', 'sluice.compression'), ['br', 'cookie', 'encoded', 'gzip', 'not_accepted', 'small', 'type', 'zstd']);
});

await t.test('a store that cannot be asked is seen by what it made of the requests', async (t) => {
  for (const [mode, outcome] of [['allow', 'store_failed'], ['local', 'store_failed'], ['deny', 'unavailable']] as const) {
    const gateway = await startGateway(t, `
listen: { http: "127.0.0.1:0", admin: "127.0.0.1:0" }
rateLimits: { store: "redis://127.0.0.1:1", onStoreDown: ${mode} }
routes: [{ name: limit, path: /*, respond: { body: in }, rateLimit: 5/hour }]
`);
    const send = senderTo(gateway.httpPort);
    for (let i = 0; i < 3; i += 1) await send('/');
    t.strictSame(await decisionsOf(gateway), { [`rate_limit_decisions limit|${outcome}`]: 3 }, mode);
    await gateway.plane.stop();
  }
});

await t.test('an answer for which there is no encoder left says so', async (t) => {
  const app = await startApp(t);
  const gateway = await startGateway(t, `
workers: 1
listen: { http: "127.0.0.1:0", admin: "127.0.0.1:0" }
upstreams: { app: "${app.target}" }
routes: [{ name: text, path: /*, upstream: app, compress: { atOnce: 1 } }]
`);
  for (const count of [1, 2]) {
    const client = await RawClient.connect({ port: gateway.httpPort });
    t.teardown(() => client.destroy());
    client.write(`GET /endless HTTP/1.1\r\nHost: a.test\r\n${GZIP}\r\n\r\n`);
    await eventually(async () => app.held.length === count && Object.values(await decisionsOf(gateway)).length === count, 20_000);
  }
  t.strictSame(await decisionsOf(gateway), { 'compressed_responses text|gzip': 1, 'compressed_responses text|no_seat': 1 });
});

function sorted(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
