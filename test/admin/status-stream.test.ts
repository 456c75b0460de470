import { once } from 'node:events';
import { createServer, request as sendRequest, type ServerResponse } from 'node:http';
import t, { type Test } from 'tap';
import { StatusStream } from '../../src/admin/status-stream.ts';
import { portOf } from '../helpers/handshake.ts';
import { eventually } from '../helpers/wait-for.ts';
import { sampleStatus } from './sample-services.ts';
import { SampleStatus } from './sample-status.ts';
import { QUIET } from './sample-traffic.ts';

interface Reader {
  /** Data of the events so far, by their names. */
  events(): readonly (readonly [name: string, data: Record<string, unknown>])[];
  leave(): void;
  readonly ended: Promise<unknown>;
}

async function start(t: Test) {
  const services = new SampleStatus();
  const stream = new StatusStream(services);
  const responses: ServerResponse[] = [];
  const server = createServer((_request, response) => {
    responses.push(response);
    void stream.add(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const read = async (): Promise<Reader> => {
    const request = sendRequest({ host: '127.0.0.1', port: portOf(server), agent: false }).end();
    const [response] = await once(request, 'response') as [NodeJS.ReadableStream];
    let text = '';
    response.on('data', (chunk: Buffer) => { text += chunk.toString(); });
    response.on('error', () => undefined);
    return {
      events: () => text.split('\n\n').slice(0, -1).map((event) => {
        const [, name = '', data = ''] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? [];
        return [name, JSON.parse(data) as Record<string, unknown>] as const;
      }),
      leave: () => request.destroy(),
      ended: new Promise((resolve) => { response.on('close', resolve); }),
    };
  };
  return { services, stream, responses, read };
}

await t.test('a reader gets everything, then each second what has changed', async (t) => {
  const { services, read } = await start(t);
  const reader = await read();
  await eventually(() => reader.events().length === 1);
  const [[name, snapshot] = ['', {}]] = reader.events();
  t.equal(name, 'snapshot');
  t.strictSame(Object.keys(snapshot), ['traffic', 'verdict', 'gateway', 'routes', 'targets', 'certificates', 'limits', 'codes', 'errors', 'generations']);
  services.traffic.tell([{ route: 'r', step: QUIET, minute: QUIET }]);
  services.current = { ...sampleStatus, generation: 5 };
  services.traffic.tell();
  await eventually(() => reader.events().length === 3);
  const [, quiet, changed] = reader.events();
  t.match(quiet, ['second', { traffic: { routes: [{ route: 'r' }] } }]);
  t.notOk('targets' in (quiet?.[1] ?? {}));
  t.match(changed, ['second', { gateway: { generation: 5 } }]);
  t.notOk('routes' in (changed?.[1] ?? {}));
});

await t.test('who comes later gets everything too, and nothing is asked for while nobody is there', async (t) => {
  const { services, read } = await start(t);
  t.equal(services.traffic.listeners.size, 0);
  const first = await read();
  services.current = { ...sampleStatus, generation: 5 };
  const second = await read();
  await eventually(() => second.events().length === 1);
  t.match(second.events()[0], ['snapshot', { gateway: { generation: 5 } }]);
  t.equal(services.traffic.listeners.size, 1);
  services.traffic.tell();
  await eventually(() => first.events().length === 2);
  t.match(first.events()[1], ['second', { gateway: { generation: 5 } }], 'the first has not heard of it');
  first.leave();
  second.leave();
  await eventually(() => services.traffic.listeners.size === 0);
  const asked = services.requests.asked.length;
  services.traffic.tell();
  t.equal(services.requests.asked.length, asked);
});

await t.test('workers that do not answer hold nobody up', async (t) => {
  const { services, read } = await start(t);
  const reader = await read();
  await eventually(() => reader.events().length === 1);
  services.requests.answer = async () => new Promise(() => undefined);
  const asked = services.requests.asked.length;
  for (let second = 0; second < 3; second += 1) services.traffic.tell();
  await eventually(() => reader.events().length === 4);
  t.equal(services.requests.asked.length, asked + 2, 'and are asked once');
});

await t.test('a source that fails is no error', async (t) => {
  const { services, read } = await start(t);
  services.requests.answer = async () => { throw new Error('ended'); };
  const reader = await read();
  await eventually(() => reader.events().length === 1);
  t.match(reader.events()[0], ['snapshot', { errors: { items: [] } }]);
});

await t.test('threat: readers have a number, and one that does not read is cut off', async (t) => {
  const { services, stream, responses, read } = await start(t);
  const readers = await Promise.all(Array.from({ length: 16 }, read));
  t.ok(stream.isFull);
  const [response] = responses;
  Object.defineProperty(response, 'writableLength', { value: 9 * 1024 * 1024 });
  services.traffic.tell();
  await eventually(() => !stream.isFull);
  t.ok(response?.destroyed);
  t.equal(readers.length, 16);
});

await t.test('ending lets every reader go', async (t) => {
  const { services, stream, read } = await start(t);
  const readers = await Promise.all([read(), read()]);
  stream.end();
  await Promise.all(readers.map(async ({ ended }) => ended));
  t.equal(services.traffic.listeners.size, 0);
});
