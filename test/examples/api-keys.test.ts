import { createHmac, hash } from 'node:crypto';
import t from 'tap';
import { exampleText } from '../helpers/example.ts';
import { startGateway } from '../helpers/gateway.ts';
import { agentClient } from '../helpers/plain-clients.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { echoRequest, startHttpUpstream } from '../helpers/upstream.ts';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

const SECRET = 'a2F2ZWgtbm9ib2R5LWd1ZXNzZXMtdGhpcy1zZWNyZXQ-8';
const file = path.join(tempDir(t), 'api-keys.txt');
const lineOf = (name: string, more: string): string => `${name} sha256:${hash('sha256', `key-of-${name}`)} ${more}\n`;
writeFileSync(file, `# partners\n${lineOf('acme', 'limit=2/min')}${lineOf('boss', 'roles=admin')}`);
const upstream = await startHttpUpstream(echoRequest);
t.teardown(async () => upstream.close());
const gateway = await startGateway(t, `workers: 1\n${exampleText('api-keys', { 'api:8000': upstream.target, '/etc/sluice/api-keys.txt': file, '${JWT_SECRET}': SECRET })}`);
const client = agentClient(t, gateway.httpPort);

async function ask(at: string, headers: Record<string, string> = {}): Promise<{ status: number; seen: { url: string; headers: Record<string, string> } }> {
  const { status, body } = await client({ path: at, headers: { host: 'api.example.com', ...headers } });
  return { status, seen: status === 200 ? JSON.parse(body.toString()) as { url: string; headers: Record<string, string> } : { url: '', headers: {} } };
}

function token(): string {
  const signed = [{ alg: 'HS256' }, { iss: 'https://login.example.com', sub: 'tom', exp: Math.floor(Date.now() / 1000) + 60 }].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `Bearer ${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
}

await t.test('a key comes in by header or query, and the upstream learns whose it is', async (t) => {
  t.match(await ask('/v1/a', { 'x-api-key': 'key-of-boss', 'x-client': 'evil' }), { status: 200, seen: { headers: { 'x-client': 'boss', 'x-api-key': undefined } } });
  t.match(await ask('/v1/a?b=1&api_key=key-of-boss'), { status: 200, seen: { url: '/v1/a?b=1', headers: { 'x-client': 'boss' } } });
  t.strictSame([(await ask('/v1/a')).status, (await ask('/v1/a', { 'x-api-key': 'no' })).status, (await ask('/health')).status], [401, 401, 200]);
});

await t.test('a role is needed where that is said, and a token will do where that is said', async (t) => {
  t.strictSame([(await ask('/v1/admin/a', { 'x-api-key': 'key-of-acme' })).status, (await ask('/v1/admin/a', { 'x-api-key': 'key-of-boss' })).status], [403, 200]);
  t.strictSame([(await ask('/v1/reports/a', { authorization: token() })).status, (await ask('/v1/reports/a', { 'x-api-key': 'key-of-boss' })).status, (await ask('/v1/reports/a')).status], [200, 200, 401]);
});

await t.test('a key with a limit of its own has that one', async (t) => {
  const statuses: number[] = [];
  for (let i = 0; i < 3; i += 1) statuses.push((await ask('/v1/a', { 'x-api-key': 'key-of-acme' })).status);
  t.strictSame(statuses, [200, 200, 429]);
  t.equal((await ask('/v1/a', { 'x-api-key': 'key-of-boss' })).status, 200);
});
