import type { Socket } from 'node:net';
import { HELLO_BYTES_MAX, parseClientHello, type ClientHello } from '../tls/client-hello.ts';

/**
 * Waits for the first message of a TLS client and puts it back, so that the TLS server who gets the socket next reads
 * it as if nobody had looked. `onHello` gets null where it is none; `onGone` is called instead where the socket closes
 * first. The caller has a deadline on the socket.
 */
export function peekHello(socket: Socket, onHello: (hello: ClientHello | null) => void, onGone: () => void): void {
  const chunks: Buffer[] = [];
  let length = 0;
  let needed = 1;

  function onReadable(): void {
    for (let chunk = read(socket); chunk !== null; chunk = read(socket)) {
      chunks.push(chunk);
      length += chunk.length;
    }
    if (length < needed) return;
    const bytes = Buffer.concat(chunks);
    const hello = parseClientHello(bytes);
    if (hello !== null && 'bytesNeeded' in hello && length < HELLO_BYTES_MAX) {
      needed = hello.bytesNeeded;
      return;
    }
    socket.off('readable', onReadable);
    socket.off('close', onGone);
    socket.unshift(bytes);
    onHello(hello === null || 'bytesNeeded' in hello ? null : hello);
  }

  socket.on('readable', onReadable);
  socket.once('close', onGone);
}

function read(socket: Socket): Buffer | null {
  const chunk: unknown = socket.read();
  return Buffer.isBuffer(chunk) ? chunk : null;
}
