import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { Test } from 'tap';
import { portOf } from '../helpers/handshake.ts';
import { RawClient } from '../helpers/raw-client.ts';

/** Serves a stream of events to everybody. @returns what connects a reader, and waits for its first line. */
export async function startEventServer(t: Test, add: (response: ServerResponse) => void): Promise<() => Promise<RawClient>> {
  const server = createServer((_request, response) => add(response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return async () => {
    const client = await RawClient.connect({ port: portOf(server) });
    t.teardown(() => client.destroy());
    await client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n').readUntil(':\n\n');
    return client;
  };
}
