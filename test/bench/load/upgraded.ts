import net from 'node:net';
import { once } from 'node:events';

const KEY = Buffer.alloc(16, 7).toString('base64');

/** Sends a request on a new connection and waits for the head of its answer. @throws Error for a status other than `status`. */
export async function answered(port: number, path: string, status: number): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1').setNoDelay(true);
  const upgrade = status === 101 ? `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n` : '';
  socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${upgrade}\r\n`);
  let head = '';
  while (!head.includes('\r\n\r\n')) {
    const [bytes] = await once(socket, 'data') as [Buffer];
    head += bytes.toString('latin1');
  }
  if (!head.startsWith(`HTTP/1.1 ${status}`)) throw new Error(`${path}: ${head.split('\r\n')[0]}`);
  return socket;
}
