import t, { type Test } from 'tap';
import { exampleText } from '../helpers/example.ts';
import { type LoneGateway, startLoneGateway } from '../helpers/lone-gateway.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { echoRequest, startHttpUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

const upstream = await startHttpUpstream(echoRequest);
t.teardown(async () => upstream.close());

async function start(test: Test, clock = new ManualClock()): Promise<LoneGateway> {
  return startLoneGateway(test, `trustedProxies: [127.0.0.1]\n${exampleText('rate-limits', { 'app:8000': upstream.target })}`, { clock });
}

async function ask(gateway: LoneGateway, path: string, address = '192.0.2.1', method = 'GET'): Promise<Response> {
  const answer = await fetch(`http://127.0.0.1:${gateway.port}${path}`, { method, headers: { 'x-forwarded-for': address } });
  await answer.arrayBuffer();
  return answer;
}

async function countPassed(count: number, once: (i: number) => Promise<Response>): Promise<number> {
  const answers = await Promise.all(Array.from({ length: count }, async (_, i) => once(i)));
  return answers.filter(({ status }) => status === 200).length;
}

await t.test('of the API each address has ten a minute and a hundred an hour', async (t) => {
  const clock = new ManualClock();
  const gateway = await start(t, clock);
  t.equal(await countPassed(30, async () => ask(gateway, '/api/a')), 10);
  t.equal(await countPassed(30, async () => ask(gateway, '/api/a', '192.0.2.2')), 10);
  const refused = await ask(gateway, '/api/a');
  t.equal(refused.headers.get('ratelimit-policy'), '"10/min";q=10;w=60, "100/hour";q=100;w=3600');
  t.strictSame([refused.status, refused.headers.get('ratelimit'), refused.headers.get('retry-after')], [429, '"10/min";r=0;t=6', '6']);
  t.equal(await countPassed(30, async () => ask(gateway, '/api/a', '10.1.2.3')), 30, 'the own network has no limit');
});

await t.test('a login has five tries for each address, and a hundred for all of them', async (t) => {
  const gateway = await start(t);
  t.equal(await countPassed(20, async () => ask(gateway, '/login', '192.0.2.1', 'POST')), 5);
  t.equal(await countPassed(120, async (i) => ask(gateway, '/login', `198.51.100.${i}`, 'POST')), 95);
});

await t.test('reports come one a second, and some wait for it', async (t) => {
  const clock = new ManualClock();
  const gateway = await start(t, clock);
  let answered = 0;
  const asked = Array.from({ length: 15 }, async () => ask(gateway, '/reports/a').then(({ status }) => {
    answered += 1;
    return status;
  }));
  await eventually(() => answered === 5);
  for (let turn = 1; turn <= 10; turn += 1) {
    clock.advance(1000);
    await eventually(() => answered === 5 + turn);
  }
  const statuses = await Promise.all(asked);
  t.strictSame([statuses.filter((status) => status === 200).length, statuses.filter((status) => status === 429).length], [11, 4]);
});

await t.test('what says nothing of it has the default, and what says off has none', async (t) => {
  const gateway = await start(t);
  t.equal(await countPassed(150, async () => ask(gateway, '/')), 101);
  const free = await ask(gateway, '/health');
  t.equal(free.headers.get('ratelimit'), null);
  t.equal(await countPassed(150, async () => ask(gateway, '/health')), 150);
});
