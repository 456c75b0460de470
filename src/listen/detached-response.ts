import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { ServerResponse } from '../lib/node-http.ts';

/**
 * The answer to a request whose socket Node has let go of, an upgrade or a CONNECT: what happens on that socket is
 * ours to hear, and ending it ours to do. It may become a tunnel, which takes the socket with `detachSocket`: nothing
 * of the answer stays with the socket then.
 */
export class DetachedResponse extends ServerResponse {
  constructor(request: IncomingMessage, socket: Socket) {
    super(request);
    this.shouldKeepAlive = false;
    this.assignSocket(socket);
    socket.on('error', destroyThis);
    socket.on('close', this.#onClose);
    socket.on('drain', this.#onDrain);
    socket.on('readable', this.#onReadable);
    socket.on('end', this.#onEnd);
    this.on('finish', () => socket.end(() => socket.destroy()));
  }

  override detachSocket(socket: Socket): void {
    socket.off('close', this.#onClose);
    socket.off('drain', this.#onDrain);
    socket.off('readable', this.#onReadable);
    socket.off('end', this.#onEnd);
    super.detachSocket(socket);
  }

  readonly #onClose = (): void => {
    this.destroy();
  };

  readonly #onDrain = (): void => {
    this.emit('drain');
  };

  /** Looks for the end only: bytes that came early stay where they are, for the tunnel. */
  readonly #onReadable = (): void => {
    const { socket } = this;
    if (socket?.readableLength === 0) socket.read();
  };

  /** Who leaves before the answer does not want it. */
  readonly #onEnd = (): void => {
    this.socket?.destroy();
  };
}

/** Stays with a socket whatever becomes of it, so it must not hold on to the answer. */
function destroyThis(this: Socket): void {
  this.destroy();
}
