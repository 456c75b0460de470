import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import * as fc from 'fast-check';
import t from 'tap';
import * as ws from 'ws';
import { encodeClose, FrameBoundary } from '../../src/upstream/websocket-frames.ts';

interface FrameOptions {
  readonly opcode: number;
  readonly fin: boolean;
  readonly mask: boolean;
  readonly rsv1: boolean;
  readonly readOnly: boolean;
}

/** The frame writer of ws, which its type declarations do not name. */
const { Sender } = ws as unknown as { Sender: { frame(data: Buffer, options: FrameOptions): Buffer[] } };

const CLOSE = 8;

function frame(opcode: number, payloadBytes: number, mask: boolean, fin = true): Buffer {
  return Buffer.concat(Sender.frame(Buffer.alloc(payloadBytes, 0x88), { opcode, fin, mask, rsv1: false, readOnly: true }));
}

/** Lengths around each change of the header's form. */
const payloadBytes = fc.oneof(fc.constantFrom(0, 1, 2, 124, 125, 126, 127, 128, 255, 256, 65_535, 65_536, 65_537), fc.nat(400));
const anyFrame = fc
  .tuple(fc.constantFrom(0, 1, 2, 9, 10), payloadBytes, fc.boolean(), fc.boolean())
  .map(([opcode, bytes, mask, fin]) => frame(opcode, opcode > 7 ? Math.min(bytes, 125) : bytes, mask, fin));

await t.test('boundaries are where ws ended its frames, for every byte of the stream', async (t) => {
  fc.assert(
    fc.property(fc.array(anyFrame, { minLength: 1, maxLength: 5 }), (frames) => {
      const stream = Buffer.concat(frames);
      let end = 0;
      const ends = new Set(frames.map((one) => (end += one.length)));
      const boundary = new FrameBoundary();
      for (let at = 0; at < stream.length; at++) {
        boundary.push(stream, at, at + 1);
        if (boundary.atBoundary !== ends.has(at + 1)) return false;
      }
      return !boundary.closeSeen;
    }),
    { seed: 6455, numRuns: 60 },
  );
  t.pass('60 streams');
});

await t.test('the reads that frames come in change nothing', async (t) => {
  fc.assert(
    fc.property(fc.array(anyFrame, { maxLength: 6 }), fc.boolean(), fc.array(fc.integer({ min: 1, max: 300 })), (frames, closes, sizes) => {
      const stream = Buffer.concat([...frames, ...(closes ? [frame(CLOSE, 2, true)] : [])]);
      const read = Buffer.alloc(stream.length + 8, 0x88);
      const boundary = new FrameBoundary();
      const bytewise = new FrameBoundary();
      let at = 0;
      for (const size of [...sizes, stream.length]) {
        const end = Math.min(stream.length, at + size);
        stream.copy(read, 4, at, end);
        boundary.push(read, 4, 4 + end - at);
        for (; at < end; at++) bytewise.push(stream, at, at + 1);
        if (boundary.atBoundary !== bytewise.atBoundary || boundary.closeSeen !== bytewise.closeSeen) return false;
      }
      return boundary.atBoundary && boundary.closeSeen === closes;
    }),
    { seed: 6455, numRuns: 200 },
  );
  t.pass('200 streams');
});

await t.test('a stream without a byte is at a boundary', async (t) => {
  const boundary = new FrameBoundary();
  boundary.push(Buffer.from('abc'), 1, 1);
  t.ok(boundary.atBoundary);
  t.notOk(boundary.closeSeen);
});

await t.test('within a fragmented message there are boundaries, where a Close may stand (RFC 6455 §5.4)', async (t) => {
  const boundary = new FrameBoundary();
  const first = frame(1, 5, false, false);
  boundary.push(first, 0, first.length);
  t.ok(boundary.atBoundary);
});

await t.test('a Close is seen as soon as it begins, so that no second one is sent', async (t) => {
  const boundary = new FrameBoundary();
  const close = frame(CLOSE, 2, true);
  boundary.push(close, 0, 1);
  t.ok(boundary.closeSeen);
  t.notOk(boundary.atBoundary);
});

await t.test('a payload that looks like a Close is none', async (t) => {
  const boundary = new FrameBoundary();
  const binary = frame(2, 70_000, false);
  boundary.push(binary, 0, binary.length);
  t.notOk(boundary.closeSeen);
  t.ok(boundary.atBoundary);
});

await t.test('a frame of the largest length there is does not end, and does not end anything else', async (t) => {
  const boundary = new FrameBoundary();
  const header = Buffer.from([0x82, 0xff, ...Buffer.alloc(8, 0xff), 1, 2, 3, 4]);
  boundary.push(header, 0, header.length);
  for (let count = 0; count < 100; count++) boundary.push(Buffer.alloc(65_536), 0, 65_536);
  t.notOk(boundary.atBoundary);
});

await t.test('a Close of ours is one frame', async (t) => {
  for (const masked of [true, false]) {
    const boundary = new FrameBoundary();
    const close = encodeClose(1001, masked);
    boundary.push(close, 0, close.length);
    t.ok(boundary.atBoundary);
    t.ok(boundary.closeSeen);
  }
  t.same(encodeClose(1001, false), Buffer.of(0x88, 2, 0x03, 0xe9));
});

await t.test('a code that may not be sent is refused', async (t) => {
  for (const code of [0, 999, 1004, 1005, 1006, 1015, 5000, 1001.5, Number.NaN]) t.throws(() => encodeClose(code, false), RangeError);
  for (const code of [1000, 1001, 1011, 4999]) t.equal(encodeClose(code, false).readUInt16BE(2), code);
});

await t.test('a server takes a masked Close of ours for what it says', async (t) => {
  const server = new ws.WebSocketServer({ port: 0, host: '127.0.0.1' });
  t.teardown(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  socket.resume();
  const key = Buffer.alloc(16).toString('base64');
  socket.write(`GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`);
  const [peer] = (await once(server, 'connection')) as [ws.WebSocket];
  socket.write(encodeClose(1001, true));
  const [code] = (await once(peer, 'close')) as [number];
  t.equal(code, 1001);
});

await t.test('a client takes an unmasked Close of ours for what it says', async (t) => {
  const server = createServer();
  server.on('upgrade', (request, socket) => {
    const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    socket.write(`HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    socket.end(encodeClose(1001, false));
  });
  t.teardown(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new ws.WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  t.teardown(() => client.terminate());
  const [code] = (await once(client, 'close')) as [number];
  t.equal(code, 1001);
});

await t.test('told to stop, it stops behind the first frame that ends, wherever reads end', async (t) => {
  fc.assert(
    fc.property(anyFrame, anyFrame, fc.nat(300), (first, second, begun) => {
      const boundary = new FrameBoundary();
      const stream = Buffer.concat([first, second]);
      const at = Math.min(begun, first.length - 1);
      return boundary.push(stream, 0, at) === at && boundary.push(stream, at, stream.length, true) === first.length && boundary.atBoundary;
    }),
  );
  const boundary = new FrameBoundary();
  const half = frame(1, 100, false).subarray(0, 50);
  t.equal(boundary.push(half, 0, half.length, true), half.length, 'no frame ends in here');
});
