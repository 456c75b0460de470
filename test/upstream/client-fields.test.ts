import t from 'tap';
import { authorityOf, clientFields, hopsOf } from '../../src/upstream/client-fields.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';

const CLAIMS = ['X-Forwarded-For', '198.51.100.1', 'X-Forwarded-Host', 'other', 'X-Forwarded-Port', '1', 'Forwarded', 'for=x', 'Via', '1.1 edge'];

await t.test('what a trusted proxy says is added to, what a stranger says is not believed', async (t) => {
  const { exchange } = sampleExchange({ headers: CLAIMS });
  Object.assign(exchange, { id: 'i', host: 'a.test', hostPort: 8080, clientAddress: '192.0.2.9' });
  const peer = exchange.peerAddress;
  t.match(clientFields(exchange), { forwardedFor: peer, host: 'a.test:8080', port: 8080, forwarded: `for=${peer};host="a.test:8080";proto=http`, via: '1.1 edge, 1.1 sluice', id: 'i', realIp: '192.0.2.9' });
  exchange.peerTrusted = true;
  t.match(clientFields(exchange), { forwardedFor: `198.51.100.1, ${peer}`, host: 'other', port: '1', forwarded: /^for=x, for=/ });
});

await t.test('the authority is host and port as the client named them', async (t) => {
  const { exchange } = sampleExchange();
  Object.assign(exchange, { host: 'a', hostPort: null });
  t.equal(authorityOf(exchange), 'a');
  exchange.hostPort = 81;
  t.equal(authorityOf(exchange), 'a:81');
});

await t.test('hops of ours are counted by the whole name', async (t) => {
  t.strictSame(['', '1.1 sluice', '1.1 sluiceway, 2 sluice (x), 1.1 other'].map((via) => hopsOf(via)), [0, 1, 1]);
});
