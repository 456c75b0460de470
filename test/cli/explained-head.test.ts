import t from 'tap';
import { HeadWords } from '../../src/cli/explained-head.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';

const WORDS = new HeadWords([{ text: 'from-outside', label: '${NAME}' }, { text: '80', label: '${PORT}' }]);

await t.test('what the upstream gets is told apart: carried, said by us, withheld', async (t) => {
  const { exchange } = sampleExchange({ headers: ['Host', 'a.test', 'X-A', '1', 'X-Forwarded-For', '6.6.6.6', 'Cookie', 'a=secret', 'X-\u001b', '1'] });
  const sent = WORDS.sent({
    protocol: 'HTTP/1.1', secure: true, line: 'GET /x?token=t&a=1 HTTP/1.1',
    headers: [['Host', 'a.test'], ['X-A', '1'], ['Cookie', 'a=secret'], ['X-Forwarded-For', '192.0.2.1'], ['X-Forwarded-Port', '80'], ['X-Request-Id', 'u'], ['X-Made', 'is from-outside'], ['X-Auth-Token', 't'], ['X-Short', '80']],
  }, exchange);
  t.strictSame(sent, {
    protocol: 'HTTP/1.1', tls: true, line: 'GET /x?token=***&a=1 HTTP/1.1', host: 'a.test',
    forwarded: [{ name: 'X-A', value: '1' }, { name: 'Cookie', value: '***' }],
    added: [
      { name: 'X-Forwarded-For', value: '192.0.2.1' }, { name: 'X-Forwarded-Port', value: '80' }, { name: 'X-Request-Id', value: '(made for each request)' },
      { name: 'X-Made', value: 'is ${NAME}' }, { name: 'X-Auth-Token', value: '***' }, { name: 'X-Short', value: '${PORT}' },
    ],
    withheld: ['X-Forwarded-For', 'X-\\u001b'],
  });
});

await t.test('of an answer, what is ours is shown, and what of the upstream is kept from the client', async (t) => {
  const { exchange } = sampleExchange();
  exchange.status = 200;
  exchange.answerHeaders = ['Server', 'upstream', 'Content-Length', '0', 'Set-Cookie', 'sid=secret; Path=/', 'Location', 'https://u:p@b.test/?key=k'];
  t.strictSame(WORDS.answer(exchange, ['Server', 'X-Powered-By']), {
    by: 'upstream', status: null, headers: [{ name: 'Set-Cookie', value: 'sid=***; Path=/' }, { name: 'Location', value: 'https://***@b.test/?key=***' }], removed: ['X-Powered-By'],
  });
  t.match(WORDS.answer(exchange, null), { by: 'gateway', status: 200, headers: [{ name: 'Server' }, { name: 'Set-Cookie' }, { name: 'Location' }], removed: [] });
});
