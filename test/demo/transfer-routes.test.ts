import fastify from 'fastify';
import { Readable } from 'node:stream';
import t, { type Test } from 'tap';
import { addTransferRoutes } from '../../src/demo/transfer-routes.ts';

async function start(t: Test): Promise<string> {
  const app = fastify({ forceCloseConnections: true });
  await addTransferRoutes(app, 'demo-1');
  t.teardown(() => app.close());
  return app.listen({ host: '127.0.0.1', port: 0 });
}

await t.test('an upload of any type is counted, with a length or in chunks, beyond the usual limit of a body', async (t) => {
  const url = `${await start(t)}/upload`;
  const upload = async (init: RequestInit): Promise<unknown> => (await fetch(url, { method: 'POST', ...init })).json();
  t.strictSame(await upload({ body: new Uint8Array(3_000_000) }), { instance: 'demo-1', bytes: 3_000_000 });
  t.match(await upload({ body: '{"not json', headers: { 'content-type': 'application/json' } }), { bytes: 10 });
  const chunks = Readable.toWeb(Readable.from([Buffer.alloc(10), Buffer.alloc(20)])) as ReadableStream<Uint8Array>;
  t.match(await upload({ body: chunks, duplex: 'half' }), { bytes: 30 });
  t.match(await upload({}), { bytes: 0 });
});

await t.test('a download has exactly the bytes asked for', async (t) => {
  const url = `${await start(t)}/download`;
  for (const [query, bytes] of [['?bytes=0', 0], ['?bytes=1', 1], ['?bytes=65536', 65_536], ['?bytes=200001', 200_001], ['', 1_048_576]] as const) {
    const response = await fetch(url + query);
    t.equal(response.headers.get('content-length'), String(bytes));
    t.equal((await response.arrayBuffer()).byteLength, bytes, query);
  }
  for (const query of ['?bytes=-1', '?bytes=1073741825', '?bytes=x']) t.equal((await fetch(url + query)).status, 400, query);
});
