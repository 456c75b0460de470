import http from 'node:http';
import t, { type Test } from 'tap';
import { createAdminServer } from '../../src/admin/admin-server.ts';
import { MemoryLogger, SampleServices } from './sample-services.ts';

const TOKEN = 'a-token-that-nobody-guesses';

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

async function start(t: Test): Promise<(path: string, token?: string, localAddress?: string) => Promise<Answer>> {
  const server = await createAdminServer({ address: { host: '127.0.0.1', port: 0 }, services: new SampleServices(), logger: new MemoryLogger(), token: TOKEN });
  const agents = new Map<string, http.Agent>();
  t.teardown(async () => {
    for (const agent of agents.values()) agent.destroy();
    await server.close();
  });
  return async (path, token = TOKEN, localAddress = '127.0.0.1') => {
    const agent = agents.get(localAddress) ?? new http.Agent({ keepAlive: true, maxSockets: 4 });
    agents.set(localAddress, agent);
    return new Promise((resolve, reject) => {
      const headers = token === '' ? {} : { authorization: `Bearer ${token}` };
      http.get({ host: '127.0.0.1', port: server.address.port, path, headers, agent, localAddress }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => { text += chunk.toString(); });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      }).on('error', reject);
    });
  };
}

await t.test('threat: after twenty wrong tokens an address cannot guess on, not even right', async (t) => {
  const ask = await start(t);
  const guesses = await Promise.all(Array.from({ length: 30 }, async (_, i) => ask('/health', `guess-number-${i}-of-many`)));
  t.equal(guesses.filter(({ status }) => status === 401).length, 20);
  const refused = await ask('/health');
  t.strictSame([refused.status, refused.headers['retry-after'], refused.headers['content-type']], [429, '60', 'application/problem+json; charset=utf-8']);
  t.match(JSON.parse(refused.text), { status: 429, title: 'Too many requests', detail: /wrong tokens/ });
  t.equal((await ask('/health', TOKEN, '127.0.0.2')).status, 200, 'another address is not concerned');
  t.strictSame([(await ask('/liveness')).status, (await ask('/readiness', '')).status], [200, 200], 'nor are probes');
});

await t.test('right tokens are no guesses', async (t) => {
  const ask = await start(t);
  const statuses = await Promise.all(Array.from({ length: 60 }, async () => (await ask('/health')).status));
  t.equal(statuses.filter((status) => status === 200).length, 60);
});

await t.test('threat: a page of another site cannot lock its visitor out', async (t) => {
  const server = await createAdminServer({ address: { host: '127.0.0.1', port: 0 }, services: new SampleServices(), logger: new MemoryLogger(), token: TOKEN });
  t.teardown(async () => server.close());
  const url = `http://127.0.0.1:${server.address.port}/health`;
  for (let i = 0; i < 30; i += 1) t.equal((await fetch(url, { headers: { origin: 'https://evil.example' } })).status, 403);
  t.equal((await fetch(url, { headers: { authorization: `Bearer ${TOKEN}` } })).status, 200);
});

await t.test('an address has 600 requests a minute, found or not, and probes have no limit', async (t) => {
  const ask = await start(t);
  const answers = await Promise.all(Array.from({ length: 610 }, async (_, i) => ask(i % 2 === 0 ? '/health' : '/nothing')));
  const refused = answers.filter(({ status }) => status === 429);
  t.strictSame([refused.length, answers.filter(({ status }) => status === 200 || status === 404).length], [10, 600]);
  t.match(refused[0]?.headers, { 'retry-after': /^(?:5[0-9]|60)$/, 'x-ratelimit-limit': undefined });
  t.equal((await ask('/liveness')).status, 200);
});
