import t from 'tap';
import { RawClient } from '../helpers/raw-client.ts';
import { startSluice } from '../helpers/sluice-process.ts';

await t.test('a request that cannot even be read stands in the access log with its code', async (t) => {
  const sluice = await startSluice(t, 'routes: [{ respond: { body: hi } }]');
  for (const [bytes, code] of [['NONSENSE\r\n\r\n', 'bad_request'], [`GET / HTTP/1.1\r\nA: ${'a'.repeat(70_000)}`, 'headers_too_large']] as const) {
    const client = await RawClient.connect({ port: sluice.httpPort });
    t.teardown(() => client.destroy());
    client.write(bytes);
    const { status } = await client.readResponse();
    const line = await sluice.logged((entry) => entry['code'] === code);
    t.match(line, { status, client: '127.0.0.1' });
    await client.closed;
  }
  const silent = await RawClient.connect({ port: sluice.httpPort });
  silent.end();
  await silent.closed;
  t.equal(sluice.accessLog().length, 2, 'a connection on which nothing was said is not a request');
});
