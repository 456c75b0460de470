// A target and a client in a thread of their own, so that what they allocate is on a heap of their own.
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { parentPort } from 'node:worker_threads';

/** What the thread is asked for: so many requests in turn on one keep-alive connection. */
export interface RequestsOrder {
  readonly port: number;
  readonly count: number;
}

const BODY = '{"status":"ok","id":12345,"name":"a small answer"}';
const ANSWER = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;
const REQUEST = 'GET /api/orders/12345?page=2 HTTP/1.1\r\nHost: app.example.com\r\nUser-Agent: allocation/1.0\r\nAccept: application/json\r\nAccept-Encoding: gzip\r\n\r\n';

const target = net.createServer((socket) => {
  socket.on('error', () => socket.destroy());
  // Every request fits into one read: nothing else is on the connection.
  socket.on('data', () => socket.write(ANSWER));
}).listen(0, '127.0.0.1');

async function send({ port, count }: RequestsOrder): Promise<void> {
  const socket = net.connect(port, '127.0.0.1').setNoDelay(true);
  await once(socket, 'connect');
  for (let number = 0; number < count; number += 1) {
    socket.write(REQUEST);
    for (let text = ''; !text.endsWith(BODY);) {
      const [bytes] = await once(socket, 'data') as [Buffer];
      text += bytes.toString('latin1');
      if (!text.startsWith('HTTP/1.1 200')) throw new Error(text);
    }
  }
  socket.destroy();
}

parentPort?.on('message', (order: RequestsOrder) => {
  void send(order).then(() => parentPort?.postMessage('done'));
});
await once(target, 'listening');
parentPort?.postMessage((target.address() as AddressInfo).port);
