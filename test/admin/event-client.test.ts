import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import t, { type Test } from 'tap';
import type { AdminPlace } from '../../src/admin/admin-client.ts';
import { openEvents } from '../../src/admin/event-client.ts';
import type { ServerEvent } from '../../src/admin/event-parser.ts';
import { startAdmin, startStranger } from '../helpers/admin-place.ts';
import { unmoved } from '../helpers/wait-for.ts';

interface Given {
  readonly place: AdminPlace;
  readonly events: AsyncGenerator<ServerEvent>;
  readonly response: ServerResponse;
  readonly controller: AbortController;
}

async function open(t: Test, silenceMsMax?: number): Promise<Given> {
  const accepted = Promise.withResolvers<ServerResponse>();
  const place = await startStranger(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' }).write(':\n\n');
    accepted.resolve(response);
  });
  const controller = new AbortController();
  const events = await openEvents(place, { path: '/x/stream?a=b', signal: controller.signal, ...(silenceMsMax !== undefined && { silenceMsMax }) });
  return { place, events, controller, response: await accepted.promise };
}

async function all(events: AsyncIterable<ServerEvent>): Promise<ServerEvent[]> {
  const list: ServerEvent[] = [];
  for await (const event of events) list.push(event);
  return list;
}

await t.test('events come as they are sent, until the stream ends', async (t) => {
  const { events, response } = await open(t);
  const [first, second] = [Buffer.from('data: ü'), Buffer.from('\n\ndata: 2\n\n')];
  response.write(first.subarray(0, 7));
  response.write(first.subarray(7));
  response.end(second);
  t.strictSame(await all(events), [{ name: 'message', data: 'ü' }, { name: 'message', data: '2' }], 'a character may be cut in two');
});

await t.test('a stream that breaks, falls silent or is not wanted any more has ended', async (t) => {
  const broken = await open(t);
  broken.response.destroy();
  t.strictSame(await all(broken.events), []);
  const silent = await open(t, 50);
  t.strictSame(await all(silent.events), []);
  const unwanted = await open(t);
  unwanted.controller.abort();
  t.strictSame(await all(unwanted.events), []);
  if (!unwanted.response.closed) await once(unwanted.response, 'close');
  const left = await open(t);
  left.response.write('data: 1\n\n');
  for await (const { data } of left.events) {
    t.equal(data, '1');
    break;
  }
  if (!left.response.closed) await once(left.response, 'close');
});

await t.test('what is not taken is not read', async (t) => {
  const { events, response } = await open(t);
  const line = `data: ${'x'.repeat(60_000)}\n\n`;
  response.write(line);
  await events.next();
  for (let i = 0; i < 1000; i++) response.write(line);
  t.ok(await unmoved(() => response.writableLength) > 0, 'the sender has to keep it');
  response.destroy();
  await events.return(undefined);
});

await t.test('threat: a stream of nonsense ends', async (t) => {
  const { events, response } = await open(t);
  const piece = 'x'.repeat(1024 * 1024);
  const more = (): void => {
    while (!response.destroyed && response.write(piece));
  };
  response.on('drain', more);
  more();
  t.strictSame(await all(events), []);
});

await t.test('what is not accepted is told', async (t) => {
  const { signal } = new AbortController();
  const { place } = await startAdmin(t, { token: '0123456789abcdef' });
  await t.rejects(openEvents({ ...place, token: null }, { path: '/status/stream', signal }), { name: 'AdminClientError', status: 401, message: /wants a token/ });
  await t.rejects(openEvents(place, { path: '/nothing/stream', signal }), { status: 404, message: /opened no stream \(404\)/ });
  await t.rejects(openEvents(place, { path: '/health', signal }), { status: 200, message: /is not the admin server/ });
  const mute = await startStranger(t, () => undefined);
  await t.rejects(openEvents(mute, { path: '/x', signal, silenceMsMax: 50 }), { status: null, message: /nothing came for 0.05 s/ });
});
