import t from 'tap';
import type { AdminPlace } from '../../src/admin/admin-client.ts';
import { followEvents } from '../../src/admin/event-follower.ts';
import { startAdmin, startStranger } from '../helpers/admin-place.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { eventually } from '../helpers/wait-for.ts';

interface Given {
  /** What was told so far. */
  readonly steps: string[];
  readonly clock: ManualClock;
  readonly controller: AbortController;
  readonly over: Promise<unknown>;
}

function follow(place: AdminPlace, seek = (): AdminPlace => place): Given {
  const [steps, clock, controller] = [[] as string[], new ManualClock(), new AbortController()];
  const run = async (): Promise<void> => {
    for await (const step of followEvents(place, { path: '/status/stream', seek, signal: controller.signal, clock })) {
      steps.push(step.kind === 'event' ? step.event.name : step.kind === 'open' ? `open ${step.isFirst}` : step.kind);
    }
  };
  return { steps, clock, controller, over: run().catch((error: unknown) => error) };
}

await t.test('a gateway that restarts is followed on: each second it is tried again', async (t) => {
  const { place, server, services } = await startAdmin(t);
  const { steps, clock, controller, over } = follow(place);
  await eventually(() => steps.length === 2, 20_000);
  await server.retire();
  await eventually(() => steps.length === 3 && clock.tickers === 1, 20_000);
  clock.advance(1000);
  await eventually(() => clock.tickers === 1, 20_000);
  clock.advance(999);
  const next = await startAdmin(t, { port: place.address.port, services });
  t.strictSame(steps, ['open true', 'snapshot', 'lost'], 'nobody answered');
  clock.advance(1);
  await eventually(() => steps.length === 5, 20_000);
  controller.abort();
  t.equal(await over, undefined);
  t.strictSame(steps, ['open true', 'snapshot', 'lost', 'open false', 'snapshot']);
  t.equal(clock.tickers, 0);
  await next.server.close();
});

await t.test('a gateway that listens elsewhere by now is looked for before each connection', async (t) => {
  const { place, server } = await startAdmin(t);
  let now = place;
  const { steps, clock, controller, over } = follow(place, () => now);
  await eventually(() => steps.length === 2, 20_000);
  await server.retire();
  await eventually(() => steps.length === 3 && clock.tickers === 1, 20_000);
  now = (await startAdmin(t)).place;
  clock.advance(1000);
  await eventually(() => steps.length === 5, 20_000);
  controller.abort();
  t.equal(await over, undefined);
  t.strictSame(steps, ['open true', 'snapshot', 'lost', 'open false', 'snapshot']);
});

await t.test('the first connection must succeed', async (t) => {
  const { place } = await startAdmin(t, { token: '0123456789abcdef' });
  t.match(await follow({ ...place, token: null }).over, { name: 'AdminClientError', status: 401 });
});

await t.test('a later one that is refused for a while is tried again, one that is refused for good is the end', async (t) => {
  let status = 200;
  let requests = 0;
  const place = await startStranger(t, (_request, response) => {
    requests += 1;
    response.writeHead(status, { 'content-type': status === 200 ? 'text/event-stream' : 'application/problem+json' }).end('{"detail":"no"}');
  });
  const { steps, clock, over } = follow(place);
  await eventually(() => clock.tickers === 1, 20_000);
  for (const [at, refusal] of [503, 429].entries()) {
    status = refusal;
    clock.advance(1000);
    await eventually(() => requests === at + 2 && clock.tickers === 1, 20_000);
  }
  status = 401;
  clock.advance(1000);
  t.match(await over, { name: 'AdminClientError', status: 401 });
  t.strictSame(steps, ['open true', 'lost']);
  t.equal(clock.tickers, 0);
});

await t.test('it can be ended while it waits', async (t) => {
  const { place, server } = await startAdmin(t);
  const { steps, clock, controller, over } = follow(place);
  await eventually(() => steps.length === 2, 20_000);
  await server.close();
  await eventually(() => clock.tickers === 1, 20_000);
  controller.abort();
  t.equal(await over, undefined);
  t.equal(clock.tickers, 0);
});
