import { Readable } from 'node:stream';
import t, { type Test } from 'tap';
import type { Exchange } from '../../src/exchange/exchange.ts';
import { UpstreamConnection } from '../../src/upstream/connection.ts';
import { ClientBody, type BodyFault } from '../../src/upstream/client-body.ts';
import { dialPlan } from '../../src/upstream/dial.ts';
import { RequestBodyPump, type BodyListener } from '../../src/upstream/request-body.ts';
import type { RawClient } from '../helpers/raw-client.ts';
import { RecordingUser } from '../helpers/recording-user.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';
import { startScriptedUpstream } from '../helpers/scripted-upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

class Log implements BodyListener {
  progress = 0;
  blocked = 0;
  readonly told: string[] = [];

  onBodyProgress(blocked: boolean): void {
    this.progress++;
    if (blocked) this.blocked++;
  }

  onBodySent(): void {
    this.told.push('sent');
  }

  onBodyBroken({ detail }: BodyFault): void {
    this.told.push(`broken: ${detail}`);
  }
}

interface Pumping {
  readonly body: Readable;
  readonly pump: RequestBodyPump;
  readonly log: Log;
  readonly target: RawClient;
  readonly exchange: Exchange;
}

async function start(t: Test, chunked: boolean, body = new Readable({ read: () => undefined })): Promise<Pumping> {
  const upstream = await startScriptedUpstream(t);
  const user = new RecordingUser();
  const config = { address: '127.0.0.1', secure: false, host: 'app', port: upstream.port, path: null };
  const connection = new UpstreamConnection(dialPlan(config, { verify: true, ca: null, serverName: null }), 0, user, { release: () => undefined, forget: () => undefined });
  t.teardown(() => connection.destroy());
  const target = await upstream.accept();
  await user.hears('connected');
  const log = new Log();
  const { exchange } = sampleExchange({ method: 'POST', headers: ['Host', 'a', ...(chunked ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', '6'])] });
  exchange.body = body;
  connection.send(exchange, { path: '/', host: 'a', keepAlive: true, trace: null });
  await target.readUntil('\r\n\r\n');
  const pump = new RequestBodyPump(new ClientBody(body, exchange, 0, Infinity), connection, log);
  user.onWritable = () => pump.resume();
  return { body, pump, log, target, exchange };
}

await t.test('a body of known length goes on as it is', async (t) => {
  const { body, pump, log, target, exchange } = await start(t, false);
  t.equal(pump.started, false);
  pump.start();
  body.push('one');
  t.equal(await target.readUntil('one'), 'one');
  body.push('two');
  body.push(null);
  t.equal(await target.readUntil('two'), 'two');
  await eventually(() => pump.finished);
  t.strictSame([exchange.bytesIn, log.progress, log.told], [6, 2, ['sent']]);
});

await t.test('one of unknown length goes in chunks, and its end is a chunk of its own', async (t) => {
  const { body, pump, log, target, exchange } = await start(t, true);
  pump.start();
  body.push('a'.repeat(17));
  t.equal(await target.readUntil('a\r\n'), `11\r\n${'a'.repeat(17)}\r\n`);
  body.push(null);
  t.equal(await target.readUntil('0\r\n\r\n'), '0\r\n\r\n');
  t.strictSame([exchange.bytesIn, log.told], [17, ['sent']]);
});

await t.test('an empty body of unknown length is only its end', async (t) => {
  const { body, pump, target } = await start(t, true);
  body.push(null);
  pump.start();
  t.equal(await target.readUntil('0\r\n\r\n'), '0\r\n\r\n');
});

await t.test('a body that breaks off is not ended, and told of once', async (t) => {
  for (const error of [new Error('bad chunk'), undefined]) {
    const { body, pump, log, target } = await start(t, true);
    pump.start();
    body.push('half');
    await target.readUntil('half\r\n');
    body.destroy(error);
    await eventually(() => log.told.length > 0);
    await new Promise((resolve) => setImmediate(resolve));
    t.match(log.told[0], error === undefined ? /^broken: the client closed/ : 'broken: bad chunk');
    t.equal(pump.finished, false);
    t.equal(target.received.length, 0);
  }
});

await t.test('a body that was gone before is told of too', async (t) => {
  const body = new Readable({ read: () => undefined });
  body.destroy();
  const { pump, log } = await start(t, true, body);
  pump.start();
  await eventually(() => log.told.length === 1);
  t.match(log.told, [/^broken/]);
});

await t.test('a body longer than the upstream takes waits at the client', async (t) => {
  const pieceBytes = 65_536;
  const total = 512;
  let given = 0;
  const body = new Readable({
    read() {
      // Each in memory of its own, as node:http gives them: it is taken back once it is written.
      this.push(given++ < total ? Buffer.alloc(pieceBytes, 'x') : null);
    },
  });
  const { pump, log, target, exchange } = await start(t, false, body);
  target.socket.pause();
  pump.start();
  await eventually(() => log.blocked > 0);
  let before = -1;
  await eventually(() => {
    const still = given === before;
    before = given;
    return still;
  });
  t.ok(given < total, `${given} of ${total} pieces were taken from the client`);
  let received = 0;
  let wrong = 0;
  target.socket.removeAllListeners('data').on('data', (chunk: Buffer) => {
    received += chunk.length;
    if (chunk.some((octet) => octet !== 0x78)) wrong += 1;
  });
  target.socket.resume();
  await eventually(() => received === total * pieceBytes, 5000);
  t.strictSame([exchange.bytesIn, log.told], [total * pieceBytes, ['sent']]);
  t.equal(wrong, 0);
});

await t.test('stopped, it says and sends nothing more, and the client waits', async (t) => {
  const { body, pump, log, target } = await start(t, true);
  pump.start();
  body.push('one');
  await target.readUntil('one\r\n');
  pump.stop();
  pump.stop();
  body.push('two');
  body.push(null);
  await new Promise((resolve) => setImmediate(resolve));
  t.strictSame([log.told, target.received.length, body.readableFlowing, body.readableLength], [[], 0, false, 3]);
});
