import t from 'tap';
import { GatewayError } from '../../src/exchange/errors.ts';
import type { Exchange } from '../../src/exchange/exchange.ts';
import { Pipeline, type PipelineRoute } from '../../src/policy/pipeline.ts';
import { answer } from '../../src/respond/answer.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';
import { eventually } from '../helpers/wait-for.ts';

const NAMES = ['zero', 'one', 'two'];

function named(name: string): (exchange: Exchange) => void {
  return (exchange) => answer(exchange, 200, [], Buffer.from(name));
}

function refuse(): never {
  throw new GatewayError('rate_limited', 'enough', { headers: ['Retry-After', '7'] });
}

/** A route without policies. */
function bare(handle: (exchange: Exchange) => void): PipelineRoute {
  return { phases: [], handle };
}

await t.test('a request goes to the handler of its route, whatever its method and target are', async (t) => {
  const pipeline = await Pipeline.create(NAMES.map(named).map(bare));
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
  const pipeline = await Pipeline.create(Array.from({ length: 1000 }, (_, i) => bare(named(String(i)))));
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
  const fail = (): void => {
    throw failures.shift() ?? new Error('none is left');
  };
  const pipeline = await Pipeline.create([bare(fail), bare(named('well'))]);
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
  const pipeline = await Pipeline.create([bare(named('only'))]);
  t.teardown(async () => pipeline.close());
  const { exchange, sink } = sampleExchange();
  pipeline.run(exchange, 7);
  await eventually(() => sink.headSent);
  t.match([sink.status, exchange.errorCode], [500, 'internal_error']);
});

await t.test('phases come one after the other, and whoever throws, rejects or answers ends the chain', async (t) => {
  const seen: string[] = [];
  const note = (word: string) => (): void => void seen.push(word);
  const later = (word: string) => async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    seen.push(word);
  };
  const pipeline = await Pipeline.create([
    { phases: [note('a'), later('b'), note('c')], handle: (exchange) => {
      seen.push('handler');
      named('through')(exchange);
    } },
    { phases: [refuse, note('not reached')], handle: named('not reached') },
    { phases: [async () => refuse(), note('not reached')], handle: named('not reached') },
    { phases: [named('by a phase'), note('not reached')], handle: named('not reached') },
  ]);
  t.teardown(async () => pipeline.close());
  const sinks = [];
  for (const index of [0, 1, 2, 3]) {
    const { exchange, sink } = sampleExchange();
    pipeline.run(exchange, index);
    await eventually(() => sink.headSent);
    sinks.push(sink);
  }
  t.strictSame(seen, ['a', 'b', 'c', 'handler']);
  t.strictSame(sinks.map(({ status }) => status), [200, 429, 429, 200]);
  t.equal(sinks[1]?.headers['retry-after'], '7', 'the refusal says when it is over, in place of the table');
  t.equal(sinks[3]?.body, 'by a phase');
});

await t.test('a client that goes away while a phase waits ends the chain', async (t) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const seen: string[] = [];
  const pipeline = await Pipeline.create([{
    phases: [async () => promise, () => void seen.push('next')],
    handle: () => void seen.push('handler'),
  }]);
  t.teardown(async () => pipeline.close());
  const { exchange, sink } = sampleExchange();
  pipeline.run(exchange, 0);
  sink.closed = true;
  resolve();
  await new Promise((done) => setImmediate(done));
  t.strictSame(seen, []);
});
