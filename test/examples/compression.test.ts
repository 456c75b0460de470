import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import t from 'tap';
import { exampleText } from '../helpers/example.ts';
import { startLoneGateway } from '../helpers/lone-gateway.ts';
import { agentClient } from '../helpers/plain-clients.ts';
import { startHttpUpstream } from '../helpers/upstream.ts';

const TEXT = JSON.stringify({ rows: Array.from({ length: 300 }, (_, i) => ({ i, name: `row ${i}` })) });
const DECODERS: Readonly<Record<string, (body: Buffer) => Buffer>> = { zstd: zstdDecompressSync, br: brotliDecompressSync, gzip: gunzipSync };
const upstream = await startHttpUpstream((request, response) => {
  const short = request.url?.endsWith('short') === true;
  response.setHeader('content-type', 'application/json').end(short ? TEXT.slice(0, 500) : TEXT);
});
t.teardown(async () => upstream.close());
const gateway = await startLoneGateway(t, exampleText('compression', { 'app:3000': upstream.target, 'reports:8000': upstream.target }));
const ask = agentClient(t, gateway.port);

async function codingOf(path: string, accept: string): Promise<string> {
  const { headers, body } = await ask({ path, headers: { 'host': 'app.example.com', 'accept-encoding': accept } });
  const coding = headers['content-encoding'] ?? 'none';
  const text = DECODERS[coding]?.(body) ?? body;
  t.ok(TEXT.startsWith(text.toString()), path);
  return coding;
}

await t.test('each route compresses as it says', async (t) => {
  const browser = 'gzip, deflate, br, zstd';
  t.strictSame([await codingOf('/', browser), await codingOf('/', 'gzip'), await codingOf('/', ''), await codingOf('/short', browser)], ['zstd', 'gzip', 'none', 'none']);
  t.strictSame([await codingOf('/reports/a', browser), await codingOf('/reports/short', 'gzip')], ['br', 'gzip']);
  t.equal(await codingOf('/account/me', browser), 'none');
});
