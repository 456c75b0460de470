import fastify from 'fastify';
import t, { type Test } from 'tap';
import { addFailureRoutes } from '../../src/demo/failure-routes.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { eventually } from '../helpers/wait-for.ts';

async function start(t: Test) {
  const clock = new ManualClock();
  const app = fastify({ forceCloseConnections: true });
  addFailureRoutes(app, 'demo-1', clock);
  t.teardown(() => app.close());
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const get = async (path: string): Promise<RawClient> => {
    const client = await RawClient.connect({ port: Number(new URL(url).port) });
    t.teardown(() => client.destroy());
    return client.write(`GET ${path} HTTP/1.1\r\nHost: demo\r\n\r\n`);
  };
  return { clock, url, get };
}

await t.test('a slow answer comes when its time is over, and a client that left leaves no timer', async (t) => {
  const { clock, url, get } = await start(t);
  const answer = fetch(`${url}/slow?ms=500`);
  await eventually(() => clock.tickers === 1);
  clock.advance(500);
  t.strictSame(await (await answer).json(), { instance: 'demo-1', waitedMs: 500 });
  await eventually(() => clock.tickers === 0);
  const impatient = await get('/slow');
  await eventually(() => clock.tickers === 1);
  impatient.destroy();
  await eventually(() => clock.tickers === 0);
  t.equal((await fetch(`${url}/slow?ms=120001`)).status, 400, 'there is a bound');
});

await t.test('an error has the status that was asked for', async (t) => {
  const { url } = await start(t);
  t.equal((await fetch(`${url}/fail`)).status, 500);
  const response = await fetch(`${url}/fail?status=418`);
  t.equal(response.status, 418);
  t.match(await response.json(), { instance: 'demo-1', status: 418 });
  for (const query of ['status=200', 'status=600', 'how=other']) t.equal((await fetch(`${url}/fail?${query}`)).status, 400, query);
});

await t.test('reset, garbage and hang are no answers', async (t) => {
  const { get } = await start(t);
  const reset = await get('/fail?how=reset');
  await reset.closed;
  t.equal(reset.error?.code, 'ECONNRESET');
  t.equal(await (await get('/fail?how=garbage')).readToEnd(), 'This is no HTTP.\r\n\r\n');
  const hanging = await get('/fail?how=hang');
  await t.rejects(hanging.readToEnd(100), /nothing more within 100 ms; received ""/);
});
