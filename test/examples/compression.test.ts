import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { brotliDecompressSync, constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import t from 'tap';
import { exampleText } from '../helpers/example.ts';
import { startLoneGateway } from '../helpers/lone-gateway.ts';
import { agentClient } from '../helpers/plain-clients.ts';
import { startHttpUpstream } from '../helpers/upstream.ts';

const TEXT = JSON.stringify({ rows: Array.from({ length: 300 }, (_, i) => ({ i, name: `row ${i}` })) });
const DECODERS: Readonly<Record<string, (body: Buffer) => Buffer>> = { zstd: zstdDecompressSync, br: brotliDecompressSync, gzip: gunzipSync };
/** Answers that have begun, and go on when they are told to. */
const begun: ServerResponse[] = [];
const upstream = await startHttpUpstream((request, response) => {
  const { url = '' } = request;
  response.setHeader('content-type', 'application/json');
  if (url.endsWith('cookie')) response.setHeader('set-cookie', 'visits=7');
  if (url.endsWith('slow')) {
    response.write(TEXT);
    begun.push(response);
  } else {
    response.end(url.endsWith('short') ? TEXT.slice(0, 500) : TEXT);
  }
});
t.teardown(async () => upstream.close());
const gateway = await startLoneGateway(t, exampleText('compression', { 'app:3000': upstream.target, 'reports:8000': upstream.target }));
const ask = agentClient(t, gateway.port);

async function bodyOf(path: string, accept: string): Promise<Buffer> {
  return (await ask({ path, headers: { 'host': 'app.example.com', 'accept-encoding': accept } })).body;
}

/** An answer whose head has come. */
async function begin(path: string): Promise<IncomingMessage> {
  const request = http.get({ host: '127.0.0.1', port: gateway.port, path, agent: false, headers: { 'host': 'app.example.com', 'accept-encoding': 'zstd' } });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response;
}

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

await t.test('reports and exports are worth more work', async (t) => {
  const zstdAt = (level: number): Buffer => zstdCompressSync(TEXT, { params: { [constants.ZSTD_c_compressionLevel]: level }, pledgedSrcSize: TEXT.length });
  t.notSame(gzipSync(TEXT, { level: 6 }), gzipSync(TEXT, { level: 5 }), 'the levels can be told apart');
  t.notSame(zstdAt(6), zstdAt(3), 'the levels can be told apart');
  t.strictSame([await bodyOf('/reports/a', 'gzip'), await bodyOf('/', 'gzip')], [gzipSync(TEXT, { level: 6 }), gzipSync(TEXT, { level: 5 })]);
  t.strictSame([await bodyOf('/exports/a', 'zstd'), await bodyOf('/', 'zstd')], [zstdAt(6), zstdAt(3)]);
});

await t.test('an answer that sets a cookie is compressed where that gives nothing away', async (t) => {
  t.strictSame([await codingOf('/news/cookie', 'zstd'), await codingOf('/cookie', 'zstd')], ['zstd', 'none']);
});

await t.test('of the exports four are compressed at once, and a fifth goes out as it is', async (t) => {
  const answers: IncomingMessage[] = [];
  for (let i = 0; i < 5; i += 1) answers.push(await begin('/exports/slow'));
  t.strictSame(answers.map(({ headers }) => headers['content-encoding']), ['zstd', 'zstd', 'zstd', 'zstd', undefined]);
  for (const response of begun) response.end();
  const bodies = await Promise.all(answers.map(async (answer) => Buffer.concat(await answer.toArray() as Buffer[])));
  t.strictSame(bodies.map((body, i) => (i < 4 ? zstdDecompressSync(body) : body).toString()), Array.from({ length: 5 }, () => TEXT));
});
