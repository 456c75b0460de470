import t from 'tap';
import { GatewayError } from '../../src/exchange/errors.ts';
import type { Exchange } from '../../src/exchange/exchange.ts';
import { Pipeline } from '../../src/policy/pipeline.ts';
import { answer } from '../../src/respond/answer.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';
import { eventually } from '../helpers/wait-for.ts';

const NAMES = ['zero', 'one', 'two'];

function named(name: string): (exchange: Exchange) => void {
  return (exchange) => answer(exchange, 200, [], Buffer.from(name));
}

await t.test('a request goes to the handler of its route, whatever its method and target are', async (t) => {
  const pipeline = await Pipeline.create(NAMES.map(named));
  t.teardown(async () => pipeline.close());
  for (const [index, name] of NAMES.entries()) {
    for (const method of ['GET', 'POST', 'PROPFIND', 'OPTIONS']) {
      const { exchange, sink } = sampleExchange({ method, url: '/2?%zz' });
      pipeline.run(exchange, index);
      t.match(sink, { status: 200, body: name }, `${method} to route ${index}, in the same turn`);
    }
  }
});

await t.test('a thousand routes keep apart', async (t) => {
  const pipeline = await Pipeline.create(Array.from({ length: 1000 }, (_, i) => named(String(i))));
  t.teardown(async () => pipeline.close());
  const bodies = Array.from({ length: 1000 }, (_, index) => {
    const { exchange, sink } = sampleExchange();
    pipeline.run(exchange, index);
    return sink.body;
  });
  t.ok(bodies.every((body, index) => body === String(index)));
});

await t.test('a handler that throws is a 500 that does not say why, and the next request is served', async (t) => {
  const failures = [new TypeError('secret cause'), new GatewayError('no_healthy_target', 'secret cause')];
  const pipeline = await Pipeline.create([() => {
    throw failures.shift() ?? new Error('none is left');
  }, named('well')]);
  t.teardown(async () => pipeline.close());
  for (const [status, code] of [[500, 'internal_error'], [503, 'no_healthy_target']] as const) {
    const { exchange, sink } = sampleExchange();
    pipeline.run(exchange, 0);
    await eventually(() => sink.headSent);
    t.equal(sink.status, status);
    t.match(JSON.parse(sink.body), { status, code });
    t.notMatch(sink.body, 'secret');
    t.match(exchange, { errorCode: code, errorDetail: /secret cause/ });
  }
  const { exchange, sink } = sampleExchange();
  pipeline.run(exchange, 1);
  t.equal(sink.body, 'well');
});

await t.test('a number without a route is a 500, not a silence', async (t) => {
  const pipeline = await Pipeline.create([named('only')]);
  t.teardown(async () => pipeline.close());
  const { exchange, sink } = sampleExchange();
  pipeline.run(exchange, 7);
  await eventually(() => sink.headSent);
  t.match([sink.status, exchange.errorCode], [500, 'internal_error']);
});
