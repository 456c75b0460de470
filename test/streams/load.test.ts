import { once } from 'node:events';
import http, { Agent, type IncomingMessage } from 'node:http';
import t, { type Test } from 'tap';
import { startGateway } from '../helpers/gateway.ts';
import { readText, startHttpUpstream } from '../helpers/upstream.ts';

const CONCURRENCY = 64;

interface Outcome {
  /** What went wrong, by its words; empty where every answer was the right one. */
  readonly failures: Readonly<Record<string, number>>;
  readonly connections: number;
}

/** Sends requests from as many keep-alive connections as there are at once; each answer is checked against its request. */
async function load(t: Test, port: number, requests: number, method: 'GET' | 'POST'): Promise<Outcome> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
  t.teardown(() => agent.destroy());
  const failures: Record<string, number> = {};
  const sockets = new Set<unknown>();
  let left = requests;
  const client = async (): Promise<void> => {
    while (left > 0) {
      const token = `token-${left--}`;
      const request = http.request({ port, host: '127.0.0.1', method, path: `/${token}`, agent });
      request.once('socket', (socket) => sockets.add(socket));
      request.end(method === 'POST' ? token : undefined);
      const answer = await once(request, 'response').then(async ([response]) => {
        const { statusCode = 0 } = response as IncomingMessage;
        const text = await readText(response as IncomingMessage);
        return statusCode === 200 && text === `${method} ${token}` ? null : `${statusCode} ${text}`;
      }, String);
      if (answer !== null) failures[answer] = (failures[answer] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, client));
  return { failures, connections: sockets.size };
}

async function answer(request: IncomingMessage, response: http.ServerResponse): Promise<void> {
  const body = await readText(request);
  response.end(`${request.method} ${request.method === 'POST' ? body : request.url?.slice(1)}`);
}

await t.test('8,000 requests over two targets: none fails, each target gets half, and few connections are made', async (t) => {
  const targets = [await startHttpUpstream(answer), await startHttpUpstream(answer)];
  t.teardown(async () => Promise.all(targets.map(async (target) => target.close())));
  const { httpPort } = await startGateway(t, `
workers: 2
upstreams: { app: [${targets.map(({ target }) => `"${target}"`).join(', ')}] }
routes: [{ upstream: app }]`);
  const [gets, posts] = [await load(t, httpPort, 6000, 'GET'), await load(t, httpPort, 2000, 'POST')];
  t.strictSame(gets, { failures: {}, connections: CONCURRENCY }, 'client connections are kept too');
  t.strictSame(posts, { failures: {}, connections: CONCURRENCY });
  for (const { requests, connections } of targets) {
    t.equal(requests, 4000);
    t.ok(connections <= CONCURRENCY, `${connections} connections`);
  }
});

await t.test('an upstream that closes idle connections without a word makes no GET fail', async (t) => {
  let served = 0;
  const upstream = await startHttpUpstream(async (request, response) => {
    const { socket } = request;
    if (++served % 20 === 0) response.once('close', () => socket.destroy());
    await answer(request, response);
  });
  t.teardown(async () => upstream.close());
  const { httpPort } = await startGateway(t, `routes: [{ upstream: "${upstream.target}" }]`);
  t.strictSame((await load(t, httpPort, 4000, 'GET')).failures, {});
  t.ok(upstream.connections >= 200, 'the connections were closed indeed');
});
