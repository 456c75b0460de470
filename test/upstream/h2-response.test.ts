import t from 'tap';
import { h2ResponseHead, switchingHead } from '../../src/upstream/h2-response.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';

await t.test('a head says what follows it', async (t) => {
  const head = h2ResponseHead([':status', '200', 'content-length', '5', 'content-type', 'text/event-stream; x', 'date', 'd', 'x', '1', 'x', '2'], false);
  t.match(head, { status: 200, contentLength: 5, framing: 'chunked', eventStream: true, hasDate: true, hasServer: false, upgrade: false });
  t.strictSame(head.rawHeaders.slice(-4), ['x', '1', 'x', '2']);
  t.notOk(head.rawHeaders.includes(':status'));
  t.match(h2ResponseHead([':status', '200'], true), { framing: 'none', contentLength: -1, eventStream: false });
  for (const status of ['204', '304']) t.equal(h2ResponseHead([':status', status, 'content-length', '7'], false).framing, 'none');
});

await t.test('an accepted extended CONNECT is a 101 with the proof that the client waits for (RFC 6455 §1.3)', async (t) => {
  const { exchange } = sampleExchange({ headers: ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='] });
  exchange.upgrade = 'websocket';
  const head = switchingHead(h2ResponseHead([':status', '200', 'x', '1'], false), exchange);
  t.match(head, { status: 101, upgrade: true, upgradeTo: 'websocket', rawHeaders: ['x', '1', 'sec-websocket-accept', 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='] });
});
