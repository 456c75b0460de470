import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';

export interface SyslogServer {
  readonly port: number;
  readonly messages: readonly string[];
  /** Cuts the connections that are open; the server goes on. */
  cut(): void;
  close(): void;
}

/** Takes one message in each datagram. */
export async function startDatagramServer(t: Pick<Test, 'teardown'>, port = 0): Promise<SyslogServer> {
  const messages: string[] = [];
  const socket = createSocket('udp4', (message) => messages.push(message.toString()));
  socket.bind(port, '127.0.0.1');
  await once(socket, 'listening');
  let isOpen = true;
  const close = (): void => {
    if (isOpen) socket.close();
    isOpen = false;
  };
  t.teardown(close);
  return { port: socket.address().port, messages, close, cut: () => undefined };
}

/** Takes counted messages (RFC 6587 §3.4.1) on a port, or on a unix socket. Anything else is a message that says so. */
export async function startStreamServer(t: Pick<Test, 'teardown'>, at: number | string = 0): Promise<SyslogServer> {
  const messages: string[] = [];
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    let received = Buffer.alloc(0);
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      for (let head = /^(\d{1,5}) /.exec(received.toString('latin1', 0, 6)); head !== null; head = /^(\d{1,5}) /.exec(received.toString('latin1', 0, 6))) {
        const end = head[0].length + Number(head[1]);
        if (received.length < end) return;
        messages.push(received.toString('utf8', head[0].length, end));
        received = received.subarray(end);
      }
      if (received.length > 6) messages.push(`not counted: ${received.toString()}`);
    });
  });
  if (typeof at === 'string') server.listen(at);
  else server.listen(at, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    for (const socket of open) socket.destroy();
  };
  const close = (): void => {
    cut();
    server.close();
  };
  t.teardown(close);
  const address = server.address() as AddressInfo | string;
  return { port: typeof address === 'string' ? 0 : address.port, messages, cut, close };
}
