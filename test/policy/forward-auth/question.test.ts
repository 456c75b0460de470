import t from 'tap';
import { WithheldNames } from '../../../src/exchange/withheld-names.ts';
import { type Question, questionOf } from '../../../src/policy/forward-auth/question.ts';
import { sampleExchange, type SampleRequest } from '../../helpers/sample-exchange.ts';

const URL_ASKED = new URL('http://auth:4180/verify');
const NAMES = new Set(['cookie', 'authorization', 'x-key']);

function asked(request: SampleRequest = {}, withheld: readonly string[] = []): Question {
  const { exchange } = sampleExchange(request);
  Object.assign(exchange, { id: 'id-1', host: 'a.test', hostPort: 8080, path: '/canonical', query: '?a=1', clientAddress: '192.0.2.9', withheld: new WithheldNames(withheld) });
  return questionOf(exchange, NAMES, URL_ASKED);
}

function valueOf({ headers }: Question, name: string): string | undefined {
  const at = headers.findIndex((candidate, i) => i % 2 === 0 && candidate.toLowerCase() === name);
  return at === -1 ? undefined : headers[at + 1];
}

await t.test('the service is told what is asked for, by whom, as we see it', async (t) => {
  const question = asked({ method: 'POST', url: '/x/../canonical?a=1&token=secret', headers: ['Host', 'a.test', 'X-Forwarded-For', '6.6.6.6', 'X-Forwarded-Uri', '/public', 'Content-Length', '5', 'Connection', 'cookie'] });
  const told = ['host', 'x-forwarded-method', 'x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-uri', 'x-forwarded-for', 'via', 'content-length', 'connection'].map((name) => valueOf(question, name));
  t.strictSame(told, ['auth:4180', 'POST', 'http', 'a.test:8080', '/canonical?a=1', '192.0.2.9', '1.1 sluice', undefined, undefined]);
});

await t.test('only the headers named, with cookies on one line', async (t) => {
  const question = asked({ headers: ['Host', 'a.test', 'cookie', 'a=1', 'Authorization', 'Bearer x', 'X-Other', '1', 'cookie', 'b=2', 'X-Key', '1', 'X-Key', '2'] });
  t.strictSame(question.headers.slice(-8), ['Authorization', 'Bearer x', 'X-Key', '1', 'X-Key', '2', 'Cookie', 'a=1; b=2']);
});

await t.test('threat: keys that other policies keep back are not sent to the service either', async (t) => {
  const headers = ['Host', 'a.test', 'X-Key', 'secret', 'X_Key', 'secret', 'Cookie', 'a=1'];
  t.strictSame([valueOf(asked({ headers }, ['X-Key']), 'x-key'), valueOf(asked({ headers }), 'x-key')], [undefined, 'secret']);
});

await t.test('the key is the same for the same question alone', async (t) => {
  const plain = asked().key;
  t.equal(asked().key, plain);
  for (const other of [asked({ method: 'HEAD' }), asked({ headers: ['Host', 'a.test', 'Cookie', 'a=1'] }), asked({ headers: ['Host', 'a.test', 'X-Key', 'a=1'] })]) t.not(other.key, plain);
  const split = [['X-Key', 'a', 'Authorization', 'b'], ['X-Key', 'a,Authorization,b']].map((headers) => asked({ headers: ['Host', 'a.test', ...headers] }).key);
  t.not(split[0], split[1]);
});
