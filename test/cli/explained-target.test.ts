import t from 'tap';
import { explainTarget } from '../../src/cli/explained-target.ts';
import { upstreamOf } from '../helpers/config-text.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';

const TWO = '["127.0.0.1:1", { url: "127.0.0.1:2", weight: 3, backup: false }]';

function explained(options: string, targets: string, headers: readonly string[] = [], answerHeaders: readonly string[] = []): ReturnType<typeof explainTarget> {
  const { exchange } = sampleExchange({ headers: ['Host', 'a.test', ...headers] });
  Object.assign(exchange, { target: '127.0.0.1:2', clientAddress: '192.0.2.7', answerHeaders });
  return explainTarget(upstreamOf(options, targets), exchange);
}

await t.test('a target is named only where the request alone decides', async (t) => {
  t.match(explained('balance: least-conn', TWO), { chosen: null, rule: /fewest requests/, candidates: [{ name: '127.0.0.1:1', weight: 1 }, { name: '127.0.0.1:2', weight: 3, isName: false }] });
  t.match(explained('balance: { hash: address }', TWO), { chosen: '127.0.0.1:2', rule: 'hash of address (192.0.2.7)' });
  t.match(explained('balance: { hash: header:X-Id }', TWO), { chosen: null, rule: /does not have: they take turns/ });
  t.match(explained('balance: { hash: header:Authorization }', TWO, ['Authorization', 's3cret']), { chosen: '127.0.0.1:2', rule: 'hash of header authorization (***)' });
  t.match(explained('balance: { hash: address }', '["api:1", "127.0.0.1:2"]'), { chosen: null, rule: /not computed, because it depends on the addresses behind names/ });
  t.match(explained('balance: round-robin', '"127.0.0.1:2"'), { chosen: '127.0.0.1:2' }, 'there is one');
  t.match(explained('balance: round-robin', '["127.0.0.1:2", { url: "127.0.0.1:3", backup: true }]'), { chosen: '127.0.0.1:2' }, 'a backup is not asked');
});

await t.test('a sticky cookie is believed only where it can be read', async (t) => {
  const signed = 'balance: { sticky: { cookie: sid, secret: 9f1c27d06b5e4a83c2d7f0e69b18a45d3c70e2f1 } }';
  t.match(explained('balance: { sticky: {} }', TWO), { chosen: null, rule: /^without the cookie \S+, .*the client is given one$/ });
  t.match(explained('balance: { sticky: { cookie: sid } }', TWO, ['Cookie', 'sid=x']), { chosen: null, rule: /signed with a key of the running gateway/ });
  t.match(explained(signed, TWO, ['Cookie', 'sid=x']), { chosen: '127.0.0.1:2', rule: 'the target that the cookie sid names' });
  t.match(explained(signed, TWO, ['Cookie', 'sid=x'], ['Set-Cookie', 'sid=y; Path=/']), { chosen: null, rule: /names no target/ });
  t.match(explained(signed, '["api:1", "127.0.0.1:2"]', ['Cookie', 'sid=x']), { chosen: null, rule: /an address behind a name/ });
});
