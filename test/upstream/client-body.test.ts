import { PassThrough } from 'node:stream';
import t from 'tap';
import { ClientBody, type BodyConsumer, type BodyFault } from '../../src/upstream/client-body.ts';
import { startLoneGateway } from '../helpers/lone-gateway.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';
import { OK } from '../helpers/scripted-upstream.ts';
import { answerWith, startRawUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

/** Takes what it is given; says no where `full`. */
class Consumer implements BodyConsumer {
  text = '';
  ended = false;
  broken = '';
  full = false;
  empty = true;

  onChunk(chunk: Buffer): boolean {
    this.text += chunk.toString('latin1');
    return !this.full;
  }

  onBodyEnd(): void {
    this.ended = true;
  }

  onBodyBroken({ code, detail }: BodyFault): void {
    this.broken = `${code}: ${detail}`;
  }
}

function bodyOf(keptBytesMax: number, bytesMax = Infinity): { readonly stream: PassThrough; readonly body: ClientBody; readonly bytesIn: () => number } {
  const { exchange } = sampleExchange({ method: 'PUT' });
  const stream = new PassThrough();
  return { stream, body: new ClientBody(stream, exchange, keptBytesMax, bytesMax), bytesIn: () => exchange.bytesIn };
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

await t.test('each consumer gets all of it, and only the last one what comes later', async (t) => {
  const { stream, body, bytesIn } = bodyOf(100);
  const [first, second, third] = [new Consumer(), new Consumer(), new Consumer()];
  body.attach(first);
  stream.write('one');
  await turn();
  body.detach(first);
  stream.write('two');
  await turn();
  t.strictSame([first.text, bytesIn(), stream.isPaused()], ['one', 3, true], 'between two attempts the client waits');
  body.attach(second);
  await turn();
  stream.end('three');
  await turn();
  t.match([first.text, first.ended, second], ['one', false, { text: 'onetwothree', ended: true }]);
  body.attach(third);
  t.match(third, { text: 'onetwothree', ended: true, broken: '' });
  t.equal(bytesIn(), 11, 'counted once');
});

await t.test('beyond the bound nothing is kept, and what was given away cannot be given again', async (t) => {
  const { stream, body } = bodyOf(5);
  const consumer = new Consumer();
  body.attach(consumer);
  stream.write('12345');
  await turn();
  t.equal(body.repeatable, true);
  stream.write('6');
  await turn();
  t.strictSame([body.repeatable, consumer.text], [false, '123456'], 'the consumer gets it all the same');
});

await t.test('of a body that is not to be kept only the part that nobody has had can be given again', async (t) => {
  const { stream, body } = bodyOf(0);
  t.strictSame([body.requested, body.repeatable], [false, true]);
  const [first, second] = [new Consumer(), new Consumer()];
  body.attach(first);
  body.detach(first);
  t.strictSame([body.requested, body.repeatable], [true, true]);
  body.attach(second);
  stream.write('x');
  await turn();
  t.strictSame([first.text, second.text, body.repeatable], ['', 'x', false]);
});

await t.test('after the answer nothing is kept any more', async (t) => {
  const { stream, body } = bodyOf(100);
  body.attach(new Consumer());
  stream.write('x');
  await turn();
  body.forget();
  t.equal(body.repeatable, false);
});

await t.test('a consumer that is full stops the client until it says so', async (t) => {
  const { stream, body } = bodyOf(100);
  const consumer = new Consumer();
  consumer.full = true;
  body.attach(consumer);
  stream.write('one');
  await turn();
  stream.write('two');
  await turn();
  t.strictSame([consumer.text, stream.isPaused()], ['one', true]);
  consumer.full = false;
  body.resume();
  await turn();
  t.equal(consumer.text, 'onetwo');
});

await t.test('a client that breaks off is told to whoever has the body, or gets it next', async (t) => {
  const { stream, body } = bodyOf(100);
  const [first, second] = [new Consumer(), new Consumer()];
  body.attach(first);
  stream.write('half');
  await turn();
  body.detach(first);
  stream.destroy();
  await turn();
  t.equal(first.broken, '');
  body.attach(second);
  t.match(second, { text: 'half', ended: false, broken: /the client closed/ });
});

await t.test('what nobody wants is read to its end and reaches nobody', async (t) => {
  const { stream, body } = bodyOf(100);
  const consumer = new Consumer();
  body.attach(consumer);
  body.discard();
  stream.end('rest');
  await turn();
  t.strictSame([consumer.text, consumer.ended, stream.readableEnded], ['', false, true]);
});

await t.test('threat: of a body without a length no byte beyond the bound goes on, and it is broken for whoever gets it next, too', async (t) => {
  const { stream, body, bytesIn } = bodyOf(100, 5);
  const [first, second] = [new Consumer(), new Consumer()];
  body.attach(first);
  stream.write('12345');
  await turn();
  t.match(first, { text: '12345', broken: '' }, 'the bound itself is allowed');
  stream.write('6');
  await turn();
  t.match(first, { text: '12345', ended: false, broken: 'body_too_large: more than 5 bytes' });
  stream.end('7');
  await turn();
  t.strictSame([first.text, first.ended, bytesIn()], ['12345', false, 7]);
  body.attach(second);
  t.match(second, { text: '12345', ended: false, broken: /^body_too_large/ });
});

await t.test('what is read only to be thrown away may be as long as it likes', async (t) => {
  const { stream, body } = bodyOf(0, 5);
  const consumer = new Consumer();
  body.attach(consumer);
  body.discard();
  stream.end('123456');
  await turn();
  t.strictSame([consumer.text, consumer.broken, stream.readableEnded], ['', '', true]);
});

await t.test('a piece is let go of only when nobody holds it: not one that may be sent again, nor one still on its way', async (t) => {
  const lengths: Record<string, number> = {};
  for (const [name, keptBytesMax, empty] of [['written', 0, true], ['on its way', 0, false], ['kept', 1_000_000, true]] as const) {
    const { stream, body } = bodyOf(keptBytesMax);
    const consumer = new Consumer();
    consumer.empty = empty;
    body.attach(consumer);
    const piece = Buffer.allocUnsafeSlow(65_536).fill('x');
    stream.write(piece);
    await turn();
    t.equal(consumer.text.length, 65_536, `${name}: arrived`);
    lengths[name] = piece.length;
  }
  t.strictSame(lengths, { written: 0, 'on its way': 65_536, kept: 65_536 });
});

await t.test('the body of a request counts where it is sent on, and nowhere else', async (t) => {
  const upstream = await startRawUpstream(answerWith(OK));
  t.teardown(async () => upstream.close());
  const gateway = await startLoneGateway(t, `
upstreams: { api: 127.0.0.1:${upstream.port} }
routes:
  - { path: /forwarded, upstream: api }
  - { path: /answered, respond: { body: ok } }
  - { path: /moved, redirect: /forwarded }
  - { path: /refused, upstream: api, ip: { allow: 192.0.2.1 } }`);
  for (const path of ['/forwarded', '/answered', '/moved', '/refused', '/nowhere']) {
    const client = await RawClient.connect({ port: gateway.port });
    await client.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody`).readResponse();
    await client.closed;
  }
  await eventually(() => gateway.ended.length === 5);
  t.strictSame(gateway.ended.map(({ path, status, bytesIn }) => `${path} ${status} ${bytesIn}`), ['/forwarded 200 4', '/answered 200 0', '/moved 308 0', '/refused 403 0', '/nowhere 404 0']);
});
