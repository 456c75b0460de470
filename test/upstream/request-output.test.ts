import { once } from 'node:events';
import net from 'node:net';
import { setImmediate } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { RequestOutput } from '../../src/upstream/request-output.ts';
import type { RawClient } from '../helpers/raw-client.ts';
import { startScriptedUpstream } from '../helpers/scripted-upstream.ts';

const HEAD = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

async function start(t: Test): Promise<{ readonly output: RequestOutput; readonly socket: net.Socket; readonly target: RawClient }> {
  const upstream = await startScriptedUpstream(t);
  const socket = net.connect(upstream.port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  await once(socket, 'connect');
  return { output: new RequestOutput(socket), socket, target: await upstream.accept() };
}

await t.test('a head alone is written at the end of the turn', async (t) => {
  const { output, socket, target } = await start(t);
  output.head(HEAD, false);
  t.match({ waits: output.waits, written: socket.bytesWritten }, { waits: true, written: 0 });
  await setImmediate();
  t.match({ waits: output.waits, written: socket.bytesWritten }, { waits: false, written: HEAD.length });
  t.equal(await target.readUntil('\r\n\r\n'), HEAD);
});

await t.test('a head goes out at once with the first bytes of its body, before them', async (t) => {
  const { output, socket, target } = await start(t);
  output.head(HEAD, false);
  t.equal(output.write(Buffer.from('body')), true);
  t.match({ waits: output.waits, written: socket.bytesWritten }, { waits: false, written: HEAD.length + 4 });
  t.equal(await target.readUntil('body'), `${HEAD}body`);
  await setImmediate();
  t.equal(socket.bytesWritten, HEAD.length + 4, 'the end of the turn adds nothing');
});

await t.test('what waits on a connection that is closed is never sent', async (t) => {
  const { output, socket } = await start(t);
  output.head(HEAD, false);
  output.drop();
  await setImmediate();
  t.match({ waits: output.waits, written: socket.bytesWritten }, { waits: false, written: 0 });
});

await t.test('a body of unknown length goes in chunks behind its head, and its end is a chunk of its own', async (t) => {
  const { output, target } = await start(t);
  output.head(HEAD, true);
  t.equal(output.write(Buffer.alloc(0)), true, 'which would be the end');
  output.write(Buffer.from('a'.repeat(17)));
  output.write(Buffer.from('b'));
  output.endBody();
  t.equal(await target.readUntil('0\r\n\r\n'), `${HEAD}11\r\n${'a'.repeat(17)}\r\n1\r\nb\r\n0\r\n\r\n`);
});

await t.test('an empty body of unknown length is only its end; one of known length has none', async (t) => {
  for (const isChunked of [true, false]) {
    const { output, target } = await start(t);
    output.head(HEAD, isChunked);
    output.endBody();
    await setImmediate();
    output.head(HEAD, false);
    await target.readUntil(`${HEAD}${isChunked ? '0\r\n\r\n' : ''}${HEAD}`);
    t.equal(target.received.length, 0);
  }
});
