import http from 'node:http';
import t from 'tap';
import { exampleText } from '../helpers/example.ts';
import { startLoneGateway } from '../helpers/lone-gateway.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { agentClient } from '../helpers/plain-clients.ts';
import { startHttpUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

const HOUR_MS = 3_600_000;
const ORIGIN = 'https://shop.example.com';
const clock = new ManualClock();
const streams: { readonly name: string; readonly response: http.ServerResponse }[] = [];

async function startInstance(name: string): Promise<string> {
  const upstream = await startHttpUpstream((request, response) => {
    if (request.url?.endsWith('/stream') !== true) return void response.setHeader('x-at', name).end('{}');
    response.writeHead(200, { 'content-type': 'text/event-stream', 'x-at': name }).flushHeaders();
    streams.push({ name, response });
    return undefined;
  });
  t.teardown(async () => upstream.close());
  return upstream.target;
}

const [first, second] = await Promise.all(['one', 'two'].map(startInstance));
const gateway = await startLoneGateway(t, exampleText('orders', { 'orders-1:8000': first ?? '', 'orders-2:8000': second ?? '' }), { clock });
const HEADERS = { host: 'orders.example.com', origin: ORIGIN };

/** Opens a stream and gathers what comes. */
async function openStream(): Promise<{ readonly headers: http.IncomingHttpHeaders; readonly status: number; text: string }> {
  const request = http.get({ host: '127.0.0.1', port: gateway.port, path: '/api/v1/orders/stream', headers: HEADERS, agent: false });
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    request.on('response', resolve);
    request.on('error', reject);
  });
  t.teardown(() => request.destroy());
  const stream = { headers: response.headers, status: response.statusCode ?? 0, text: '' };
  response.on('data', (chunk: Buffer) => {
    stream.text += chunk.toString();
  });
  return stream;
}

await t.test('streams go to the instance that has fewer, and one that is silent for most of a day is still there', async (t) => {
  const opened = [await openStream(), await openStream(), await openStream(), await openStream()];
  t.strictSame(streams.map(({ name }) => name).toSorted(), ['one', 'one', 'two', 'two']);
  t.match(opened[0]?.headers, { 'access-control-allow-origin': ORIGIN, 'access-control-allow-credentials': 'true', 'content-type': 'text/event-stream' });
  clock.advance(23 * HOUR_MS);
  for (const { response } of streams) response.write('data: shipped\n\n');
  await eventually(() => opened.every(({ text }) => text === 'data: shipped\n\n'));
  t.pass('the event reaches all of them');
});

await t.test('one customer has five streams at most, and still gets ordinary answers', async (t) => {
  await openStream();
  t.equal((await openStream()).status, 429);
  const answer = await agentClient(t, gateway.port)({ path: '/api/v1/orders', headers: HEADERS });
  t.match(answer, { status: 200, headers: { 'access-control-allow-origin': ORIGIN } });
});

await t.test('another origin may not read what is answered', async (t) => {
  const answer = await agentClient(t, gateway.port)({ path: '/api/v1/orders', headers: { ...HEADERS, origin: 'https://evil.example' } });
  t.equal(answer.headers['access-control-allow-origin'], undefined);
});
