import t from 'tap';
import { ConnectionFacts } from '../../src/listen/connection-facts.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';

await t.test('a connection forgets the request it is told the end of, and no later one', async (t) => {
  const facts = new ConnectionFacts('192.0.2.1', 443, true, 'TLSv1.3');
  t.match(facts, { peerAddress: '192.0.2.1', localPort: 443, secure: true, tlsVersion: 'TLSv1.3', client: null, exchange: null });
  const [first, second] = [sampleExchange().exchange, sampleExchange().exchange];
  facts.exchange = first;
  facts.exchange = second;
  facts.release(first);
  t.equal(facts.exchange, second, 'the one in work is another');
  facts.release(second);
  t.match(facts, { exchange: null, response: null });
});
