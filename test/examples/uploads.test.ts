import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { exampleText } from '../helpers/example.ts';
import { startLoneGateway } from '../helpers/lone-gateway.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { agentClient } from '../helpers/plain-clients.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { startHttpUpstream } from '../helpers/upstream.ts';

const KEYS = { camera: 'sk_camera_0123456789abcdef', scanner: 'sk_scanner_0123456789abcdef' };
const file = join(tempDir(t), 'keys.txt');
const lines = Object.entries(KEYS).map(([name, key]) => `${name} sha256:${createHash('sha256').update(key).digest('hex')}\n`).join('');
writeFileSync(file, lines);

const received: { readonly bytes: number; readonly key: unknown }[] = [];
const images = await startHttpUpstream(async (request, response) => {
  let bytes = 0;
  for await (const chunk of request) bytes += (chunk as Buffer).length;
  received.push({ bytes, key: request.headers['x-api-key'] });
  response.writeHead(201).end();
});
t.teardown(async () => images.close());
const clock = new ManualClock();
const gateway = await startLoneGateway(t, exampleText('uploads', { 'images:8000': images.target, './keys.txt': file }), { clock, files: { [file]: lines } });
const ask = agentClient(t, gateway.port);

async function upload(key: string | null, bytes = 1000): Promise<{ readonly status: number; readonly headers: Readonly<Record<string, string>> }> {
  const headers = { host: 'images.example.com', ...(key !== null && { 'x-api-key': key }) };
  return ask({ method: 'POST', path: '/v1/images', headers, body: 'x'.repeat(bytes) });
}

await t.test('a program with a key uploads twenty megabytes, and the service never sees the key', async (t) => {
  t.equal((await upload(KEYS.camera, 20_000_000)).status, 201);
  t.strictSame(received, [{ bytes: 20_000_000, key: undefined }]);
});

await t.test('without a key, or with one that nobody has, it is 401; with a larger image 413', async (t) => {
  t.equal((await upload(null)).status, 401);
  t.equal((await upload('sk_guess_0123456789abcdef')).status, 401);
  t.equal((await upload(KEYS.camera, 21_000_000)).status, 413);
});

await t.test('each key has twenty-one uploads at once, and then one every six seconds', async (t) => {
  const statuses: number[] = [];
  for (let i = 0; i < 22; i += 1) statuses.push((await upload(KEYS.scanner)).status);
  t.strictSame(statuses, [...Array.from({ length: 21 }, () => 201), 429]);
  t.equal((await upload(KEYS.scanner)).headers['retry-after'], '6');
  clock.advance(6000);
  t.equal((await upload(KEYS.scanner)).status, 201);
  t.equal((await upload(KEYS.camera)).status, 201, 'the other key has its own');
});

await t.test('the front page is answered by the gateway', async (t) => {
  const answer = await ask({ path: '/', headers: { host: 'images.example.com' } });
  t.strictSame([answer.status, answer.body.toString()], [200, '{"service":"images","status":"ok"}']);
});
