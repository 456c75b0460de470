import https from 'node:https';
import t from 'tap';
import type { CollectorConfig } from '../../../src/config/traces-config.ts';
import { CollectorClient } from '../../../src/observe/traces/collector-client.ts';
import { makeCa, makePair } from '../../helpers/certificates.ts';
import { startCollector } from '../../helpers/collector.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { startRawUpstream } from '../../helpers/upstream.ts';
import { eventually } from '../../helpers/wait-for.ts';

const BODY = Buffer.from('{"resourceSpans":[]}');

function clientFor(endpoint: string, clock = new ManualClock(), headers: CollectorConfig['headers'] = []): CollectorClient {
  return new CollectorClient({ url: `${endpoint}/v1/traces`, headers, service: 's', timeoutMs: 2000, spansMax: 1, user: false }, clock);
}

await t.test('bodies go one after the other on one connection, with the headers that were asked for', async (t) => {
  const collector = await startCollector(t);
  const client = clientFor(collector.endpoint, new ManualClock(), [['Authorization', 'Bearer abc']]);
  t.teardown(() => client.close());
  for (let i = 0; i < 3; i += 1) t.strictSame(await client.send(BODY), { kind: 'taken', rejected: 0, reason: '' });
  t.equal(collector.connections, 1);
  t.match(collector.requests, [{ authorization: 'Bearer abc', 'content-type': 'application/json', 'content-length': String(BODY.length) }]);
});

await t.test('what the collector says decides what becomes of the spans', async (t) => {
  const collector = await startCollector(t);
  const client = clientFor(collector.endpoint);
  t.teardown(() => client.close());
  for (const status of [429, 502, 503, 504]) {
    collector.answer = { status };
    t.strictSame(await client.send(BODY), { kind: 'later', afterMs: 0, reason: `status ${status}` });
  }
  collector.answer = { status: 503, headers: { 'retry-after': '7' } };
  t.match(await client.send(BODY), { kind: 'later', afterMs: 7000 });
  for (const status of [400, 401, 404, 413, 500, 301]) {
    collector.answer = { status };
    t.strictSame(await client.send(BODY), { kind: 'refused', reason: `status ${status}` });
  }
  collector.answer = { status: 200, body: '{"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}}' };
  t.strictSame(await client.send(BODY), { kind: 'taken', rejected: 2, reason: 'too old' });
  for (const body of ['', 'null', '[]', '{"partialSuccess":null}', '\u0001', 'x'.repeat(100_000)]) {
    collector.answer = { status: 200, body };
    t.match(await client.send(BODY), { kind: 'taken', rejected: 0 }, JSON.stringify(body.slice(0, 20)));
  }
});

await t.test('a collector that is not there, breaks off or is silent is asked later', async (t) => {
  const gone = await startCollector(t);
  await gone.close();
  t.match(await clientFor(gone.endpoint).send(BODY), { kind: 'later', reason: /ECONNREFUSED/ });
  const upstream = await startRawUpstream((socket) => socket.destroy());
  t.teardown(async () => upstream.close());
  t.match(await clientFor(`http://${upstream.target}`).send(BODY), { kind: 'later' });
  const collector = await startCollector(t);
  collector.answer = 'nothing';
  const clock = new ManualClock();
  const client = clientFor(collector.endpoint, clock);
  t.teardown(() => client.close());
  const sent = client.send(BODY);
  await eventually(() => collector.requests.length === 1);
  clock.advance(1999);
  clock.advance(1);
  t.strictSame(await sent, { kind: 'later', afterMs: 0, reason: 'no answer within 2000 ms' });
  t.equal(clock.tickers, 0);
});

await t.test('over TLS its certificate is verified', async (t) => {
  const server = https.createServer({ ...(await makePair(await makeCa(), ['127.0.0.1'])) }, (_request, response) => response.end('{}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const client = clientFor(`https://127.0.0.1:${(server.address() as { port: number }).port}`);
  t.teardown(() => client.close());
  t.match(await client.send(BODY), { kind: 'later', reason: /certificate/ });
});
