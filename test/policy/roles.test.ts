import { createHmac, hash } from 'node:crypto';
import t from 'tap';
import { roles } from '../../src/policy/roles.ts';
import { startLoneGateway } from '../helpers/lone-gateway.ts';
import { ask, startPolicy } from '../helpers/policies.ts';
import { RawClient } from '../helpers/raw-client.ts';
import type { RawResponse } from '../helpers/raw-response.ts';
import { startHttpUpstream } from '../helpers/upstream.ts';

const SECRET = 'a2F2ZWgtbm9ib2R5LWd1ZXNzZXMtdGhpcy1zZWNyZXQ-8';
const KEY = `apiKey: { keys: ["boss sha256:${hash('sha256', 'key-of-boss')} roles=admin", "guest sha256:${hash('sha256', 'key-of-guest')}"] }`;

function bearer(claims: object): string {
  const signed = [{ alg: 'HS256' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `Authorization: Bearer ${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
}

const auth = await startHttpUpstream((request, response) => void response.writeHead(200, { 'X-Groups': request.headers.cookie ?? '' }).end());
t.teardown(async () => auth.close());
const gateway = await startLoneGateway(t, `routes: [{ respond: { body: in }, roles: [admin, editor], anyOf: [jwt, apiKey, forwardAuth], ${KEY}, jwt: { secret: "${SECRET}", requireExp: false }, forwardAuth: { url: "http://${auth.target}/", roles: X-Groups } }, { path: /key, respond: {}, roles: admin, ${KEY} }]`);

async function send(path: string, ...lines: string[]): Promise<RawResponse> {
  const client = await RawClient.connect({ port: gateway.port });
  try {
    return await client.write([`GET ${path} HTTP/1.1`, 'Host: a.test', ...lines, '', ''].join('\r\n')).readResponse();
  } finally {
    client.destroy();
  }
}

await t.test('who has one of the roles comes in, however it has been proved', async (t) => {
  for (const line of [bearer({ roles: ['x', 'editor'] }), 'X-API-Key: key-of-boss', 'Cookie: editor']) t.equal((await send('/', line)).status, 200, line);
});

await t.test('who is known and has none gets 403: to prove it again is of no use', async (t) => {
  t.match(await send('/', bearer({ sub: 'tom', roles: ['reader'] })), { status: 403, headers: { 'www-authenticate': 'Bearer error="insufficient_scope"' } });
  for (const line of ['X-API-Key: key-of-guest', 'Cookie: reader']) t.match(await send('/', line), { status: 403, headers: { 'www-authenticate': undefined } }, line);
  t.match(JSON.parse((await send('/key', 'X-API-Key: key-of-guest')).text), { code: 'insufficient_permissions' });
});

await t.test('who is not known gets 401 and is told how to prove it', async (t) => {
  t.match(await send('/key'), { status: 401, headers: { 'www-authenticate': /^ApiKey/ } });
  t.match(await send('/key', 'X-API-Key: no'), { status: 401, headers: { 'www-authenticate': /^ApiKey/ } });
});

await t.test('threat: roles without anybody that was authenticated are a bug, and let nobody in', async (t) => {
  const phases = await startPolicy(roles, `roles: admin, ${KEY}`);
  t.match((await ask(phases)).error, /nobody has been authenticated/);
  t.equal((await ask(phases, { change: { identity: { kind: 'basic', name: '', roles: ['admin'], claims: {} } } })).error, null);
});
