import type { Test } from 'tap';
import { createAdminServer } from '../../src/admin/admin-server.ts';
import { MemoryLogger, SampleServices } from './sample-services.ts';

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

interface SampleServer {
  readonly services: SampleServices;
  readonly url: string;
  readonly get: (path: string) => Promise<Answer>;
  /** @param content a text is sent as it is. */
  readonly post: (path: string, content: object | string) => Promise<Answer>;
}

/** A whole admin server over services of a test. */
export async function startSampleServer(t: Pick<Test, 'teardown'>): Promise<SampleServer> {
  const services = new SampleServices();
  const server = await createAdminServer({ address: { host: '127.0.0.1', port: 0 }, services, logger: new MemoryLogger(), token: null });
  t.teardown(async () => server.close());
  const url = `http://127.0.0.1:${server.address.port}`;
  const answer = async (path: string, init: RequestInit): Promise<Answer> => {
    const response = await fetch(url + path, init);
    return { status: response.status, body: await response.json() };
  };
  return {
    services, url,
    get: async (path) => answer(path, {}),
    post: async (path, content) => answer(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: typeof content === 'string' ? content : JSON.stringify(content) }),
  };
}
