import net from 'node:net';

const KEY = Buffer.alloc(16, 7).toString('base64');
const PATIENCE_MS = 10_000;

/** Sends a request on a new connection and waits for the head of its answer. @throws Error for a status other than `status`, or no answer. */
export async function answered(port: number, path: string, status: number): Promise<net.Socket> {
  const upgrade = status === 101 ? `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n` : '';
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1').setNoDelay(true);
    let head = '';
    const fail = (why: string): void => {
      socket.destroy();
      reject(new Error(`${path}: ${why}`));
    };
    const onData = (bytes: Buffer): void => {
      head += bytes.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      if (!head.startsWith(`HTTP/1.1 ${status}`)) return fail(head.split('\r\n')[0] ?? '');
      socket.setTimeout(0).off('data', onData).off('close', onClose);
      resolve(socket);
    };
    const onClose = (): void => fail('closed without an answer');
    socket.setTimeout(PATIENCE_MS, () => fail('no answer')).on('data', onData).on('close', onClose);
    // Stays: a connection that breaks later is counted by its `destroyed`.
    socket.on('error', ({ message }) => fail(message));
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${upgrade}\r\n`);
  });
}
