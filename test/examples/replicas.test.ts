import { gunzipSync } from 'node:zlib';
import t from 'tap';
import { exampleText } from '../helpers/example.ts';
import { startLoneGateway } from '../helpers/lone-gateway.ts';
import { agentClient } from '../helpers/plain-clients.ts';
import { startHttpUpstream, type TestUpstream } from '../helpers/upstream.ts';

const files = { '/etc/sluice/maintenance.html': '<!doctype html><title>Back soon</title><p>{code}</p>' };

async function startReplica(name: string): Promise<TestUpstream> {
  const upstream = await startHttpUpstream((_request, response) => void response.setHeader('content-type', 'application/json').end(JSON.stringify({ name, rest: 'x'.repeat(5000) })));
  t.teardown(async () => upstream.close());
  return upstream;
}

const replicas = await Promise.all(['one', 'two', 'three'].map(startReplica));
const words = Object.fromEntries(replicas.map(({ target }, i) => [`api-${i + 1}:8000`, target]));
const gateway = await startLoneGateway(t, exampleText('replicas', words), { files });
const ask = agentClient(t, gateway.port);
const HEADERS = { host: 'api.example.com', accept: 'text/html', 'accept-encoding': 'gzip' };

async function nameOfReplica(): Promise<string> {
  const { status, headers, body } = await ask({ path: '/', headers: HEADERS });
  if (status !== 200 || headers['content-encoding'] !== 'gzip') throw new Error(`${status} ${headers['content-encoding']}`);
  return (JSON.parse(gunzipSync(body).toString()) as { name: string }).name;
}

await t.test('every replica takes its share, and while one is left nobody sees that others are gone', async (t) => {
  const seen = new Set<string>();
  for (let i = 0; i < 9; i += 1) seen.add(await nameOfReplica());
  t.equal(seen.size, 3);
  await replicas[0]?.close();
  await replicas[1]?.close();
  for (let i = 0; i < 9; i += 1) t.equal(await nameOfReplica(), 'three');
});

await t.test('when all are gone there is a page that says so, and a program is told in JSON', async (t) => {
  await replicas[2]?.close();
  const shown = await ask({ path: '/', headers: HEADERS });
  t.match([shown.status, shown.headers['content-type']], [503, /^text\/html/]);
  t.match(shown.body.toString(), 'Back soon');
  const told = await ask({ path: '/', headers: { ...HEADERS, accept: 'application/json' } });
  t.match(told, { status: 503, headers: { 'content-type': 'application/problem+json' } });
});
