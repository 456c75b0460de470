import { hashSync } from '@node-rs/bcrypt';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { exampleText } from '../helpers/example.ts';
import { startGateway } from '../helpers/gateway.ts';
import { agentClient } from '../helpers/plain-clients.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { echoRequest, startHttpUpstream } from '../helpers/upstream.ts';

const file = path.join(tempDir(t), '.htpasswd');
writeFileSync(file, `anna:${hashSync('a', 4)}\nben:${hashSync('b', 4)}\n`);
const upstream = await startHttpUpstream(echoRequest);
t.teardown(async () => upstream.close());
const gateway = await startGateway(t, `workers: 1\n${exampleText('basic-auth', { 'grafana:3000': upstream.target, 'status:8080': upstream.target, '/etc/sluice/.htpasswd': file })}`);
const client = agentClient(t, gateway.httpPort);

async function ask(at: string, credentials: string | null): Promise<{ status: number; headers: Readonly<Record<string, string>>; body: Buffer }> {
  return client({ path: at, headers: { host: 'tools.example.com', ...(credentials === null ? {} : { authorization: `Basic ${btoa(credentials)}` }) } });
}

await t.test('name and password, a role for a part of it, and nothing at all for another', async (t) => {
  t.match(await ask('/', null), { status: 401, headers: { 'www-authenticate': 'Basic realm="Sign in", charset="UTF-8"' } });
  const good = await ask('/', 'ben:b');
  t.equal(good.status, 200);
  t.match(JSON.parse(good.body.toString()), { headers: { 'x-webauth-user': 'ben', 'authorization': undefined } });
  t.strictSame([(await ask('/', 'ben:a')).status, (await ask('/admin/x', 'ben:b')).status, (await ask('/admin/x', 'anna:a')).status, (await ask('/status', null)).status], [401, 403, 200, 200]);
});
