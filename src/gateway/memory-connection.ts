import { Socket } from 'node:net';

/** A client's connection that leads nowhere: what is sent to the client is thrown away, and what the client sends is given in hand. */
export class MemoryConnection extends Socket {
  /** The client sends this. @param text latin1. */
  say(text: string): void {
    const bytes = Buffer.from(text, 'latin1');
    // Without a handle it would stay 0, and whoever has sent nothing is owed no answer.
    Object.defineProperty(this, 'bytesRead', { value: this.bytesRead + bytes.length, configurable: true });
    this.push(bytes);
  }

  override _read(): void {}

  override _write(_chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    done();
  }

  override _writev(_chunks: readonly unknown[], done: () => void): void {
    done();
  }

  override _final(done: () => void): void {
    done();
  }
}
