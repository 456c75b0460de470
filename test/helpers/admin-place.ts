import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AdminPlace } from '../../src/admin/admin-client.ts';
import { createAdminServer, type AdminServer } from '../../src/admin/admin-server.ts';
import { MemoryLogger, SampleServices } from '../admin/sample-services.ts';
import { portOf } from './handshake.ts';

interface TestContext {
  teardown(work: () => unknown): void;
}

export interface SampleGateway {
  readonly place: AdminPlace;
  readonly services: SampleServices;
  readonly server: AdminServer;
}

/** The admin server of a gateway that a test makes up. @param port default: a free one. */
export async function startAdmin(t: TestContext, { port = 0, token = null, services = new SampleServices() }: { port?: number; token?: string | null; services?: SampleServices } = {}): Promise<SampleGateway> {
  const server = await createAdminServer({ address: { host: '127.0.0.1', port }, services, logger: new MemoryLogger(), token });
  t.teardown(() => server.close());
  return { place: { address: server.address, token }, services, server };
}

/** Something else that listens where an admin server is looked for. */
export async function startStranger(t: TestContext, listener: RequestListener): Promise<AdminPlace> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return { address: { host: '127.0.0.1', port: portOf(server) }, token: null };
}
