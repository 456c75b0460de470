import t from 'tap';
import type { Exchange } from '../../src/exchange/exchange.ts';
import type { Identity } from '../../src/exchange/identity.ts';
import type { Phases, PolicyServices } from '../../src/policy/policy.ts';
import { rateLimit } from '../../src/policy/rate-limit.ts';
import { startLoneGateway } from '../helpers/lone-gateway.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { ask, policyServices, settingsOf, startPolicy } from '../helpers/policies.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { connectH2, requestH2 } from '../helpers/h2-client.ts';
import { startHttpUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

const SECRET = 'q8Zk2mXv0sTj4bYw9nRc6eLf1hUa7pGd';

/** How many of so many requests pass. */
async function passes(phases: Phases, count: number, change: Partial<Exchange> = {}, headers: readonly string[] = ['Host', 'a.test']): Promise<number> {
  let passed = 0;
  for (let i = 0; i < count; i += 1) {
    const { error } = await ask(phases, { headers, change });
    if (error === null) passed += 1;
    else t.match(error, { code: 'rate_limited' });
  }
  return passed;
}

function identity(name: string, kind: Identity['kind'] = 'jwt', claims = {}): Partial<Exchange> {
  return { identity: { kind, name, roles: [], claims } };
}

await t.test('each address has a count of its own, and an IPv6 network has one', async (t) => {
  const phases = await startPolicy(rateLimit, 'rateLimit: 3/min');
  t.equal(await passes(phases, 5, { clientAddress: '192.0.2.1' }), 3);
  t.equal(await passes(phases, 5, { clientAddress: '192.0.2.2' }), 3);
  t.equal(await passes(phases, 5, { clientAddress: '2001:db8::1' }), 3);
  t.equal(await passes(phases, 5, { clientAddress: '2001:db8::2' }), 0);
  t.equal(await passes(phases, 5, { clientAddress: '' }), 3, 'those of a unix socket are one');
});

await t.test('time gives back one by one', async (t) => {
  const clock = new ManualClock();
  const phases = await startPolicy(rateLimit, 'rateLimit: { limits: 10/min, burst: 20 }', policyServices(clock));
  t.equal(await passes(phases, 50), 21);
  clock.advance(6000);
  t.equal(await passes(phases, 50), 1);
});

await t.test('a header counts by its value, and by the address where there is none', async (t) => {
  const phases = await startPolicy(rateLimit, 'rateLimit: { limits: 2/min, key: header:X-Tenant }');
  t.equal(await passes(phases, 5, {}, ['Host', 'a.test', 'x-tenant', 'a']), 2);
  t.equal(await passes(phases, 5, {}, ['Host', 'a.test', 'X-Tenant', 'b']), 2);
  t.equal(await passes(phases, 5, { clientAddress: '192.0.2.1' }), 2);
  t.equal(await passes(phases, 5, { clientAddress: '192.0.2.2' }), 2);
});

await t.test('who a client is counts once it is known, and everything else before', async (t) => {
  const options = `jwt: { secret: ${SECRET} }, rateLimit: { limits: 2/min, key: jwt:sub, also: [{ limits: 5/min }] }`;
  const phases = await startPolicy(rateLimit, options);
  t.ok(phases.onRequest !== undefined && phases.onAdmitted !== undefined);
  t.equal(await passes(phases, 5, identity('', 'jwt', { sub: 'ann' })), 2);
  t.equal(await passes(phases, 5, identity('', 'jwt', { sub: 'bob' })), 2);
  t.equal(await passes(phases, 5, identity('', 'jwt', { sub: 'eve' })), 1, 'the address has had its five');
});

await t.test('zones and global count over routes, everything else for each route', async (t) => {
  const services = policyServices();
  const at = async (id: string, options: string): Promise<Phases> => startAt(id, options, services);
  const routes = await Promise.all(['a', 'b'].map(async (id) => at(id, 'rateLimit: 2/min')));
  for (const phases of routes) t.equal(await passes(phases, 5), 2);
  const zone = await Promise.all(['a', 'b'].map(async (id) => at(id, 'rateLimit: { limits: 2/min, zone: z }')));
  t.strictSame([await passes(zone[0]!, 5), await passes(zone[1]!, 5)], [2, 0]);
  const global = await Promise.all(['a', 'b'].map(async (id) => at(id, 'rateLimit: { limits: 4/min, key: global }')));
  t.strictSame([await passes(global[0]!, 3, { clientAddress: '192.0.2.7' }), await passes(global[1]!, 5)], [3, 1]);
  const again = await at('a', 'rateLimit: 2/min');
  t.equal(await passes(again, 5), 0, 'what a reload leaves as it was goes on');
  t.equal(await passes(await at('a', 'rateLimit: 3/min'), 5), 3, 'other limits begin anew');
});

await t.test('whom `allow` lists is neither limited nor counted, nor told', async (t) => {
  const phases = await startPolicy(rateLimit, 'rateLimit: { limits: 1/min, allow: [10.0.0.0/8] }');
  t.equal(await passes(phases, 20, { clientAddress: '10.1.2.3' }), 20);
  t.equal((await ask(phases, { change: { clientAddress: '10.1.2.3' } })).exchange.rateLimit, '');
  t.equal(await passes(phases, 20, { clientAddress: '11.1.2.3' }), 1);
});

await t.test('a dry run counts, lets everything pass and says so once a minute', async (t) => {
  const clock = new ManualClock();
  const said: unknown[] = [];
  const services = policyServices(clock);
  const logger = { ...services.logger, info: (_message: string, fields?: object) => void said.push(fields) };
  const phases = await startPolicy(rateLimit, 'rateLimit: { limits: 2/min, dryRun: true }', { ...services, logger });
  t.equal(await passes(phases, 10), 10);
  t.equal(phases.onAnswer, undefined);
  clock.advance(60_000);
  t.equal(await passes(phases, 3), 3);
  t.strictSame(said, [{ route: 'r', requests: 1 }, { route: 'r', requests: 8 }]);
});

await t.test('every answer tells the client where it stands, also that of the upstream, beside what that says', async (t) => {
  const upstream = await startHttpUpstream((_request, response) => void response.setHeader('RateLimit', '"app";r=1;t=1').end('hello'));
  t.teardown(async () => upstream.close());
  const clock = new ManualClock();
  const { port, httpsPort, ca } = await startLoneGateway(t, `
defaults: { https: both, rateLimit: { limits: [2/min, 100/hour] } }
routes: [{ path: /up, upstream: "${upstream.target}" }, { path: /fixed, respond: {} }, { path: /quiet, respond: {}, rateLimit: { fields: false } }]`, { https: true, clock });
  const first = await fetch(`http://127.0.0.1:${port}/up`);
  t.equal(first.headers.get('ratelimit'), '"app";r=1;t=1, "2/min";r=1;t=30');
  t.equal(first.headers.get('ratelimit-policy'), '"2/min";q=2;w=60, "100/hour";q=100;w=3600');
  clock.advance(10_000);
  const second = await fetch(`http://127.0.0.1:${port}/up`);
  t.equal(second.headers.get('ratelimit'), '"app";r=1;t=1, "2/min";r=0;t=20');
  const third = await fetch(`http://127.0.0.1:${port}/up`);
  t.equal(third.status, 429);
  t.equal(third.headers.get('ratelimit'), '"2/min";r=0;t=20');
  t.equal(third.headers.get('retry-after'), '20');
  t.match(await third.json(), { code: 'rate_limited', status: 429 });
  const session = await connectH2(t, httpsPort, ca);
  const answers = [await requestH2(session, { ':path': '/fixed' }), await requestH2(session, { ':path': '/fixed' }), await requestH2(session, { ':path': '/fixed' })];
  t.strictSame(answers.map(({ status }) => status), [200, 200, 429]);
  t.equal(answers[2]?.headers['ratelimit'], '"2/min";r=0;t=30');
  const quiet = await Promise.all([1, 2, 3].map(async () => fetch(`http://127.0.0.1:${port}/quiet`)));
  t.strictSame(quiet.map(({ headers }) => headers.get('ratelimit-policy')), [null, null, null]);
  const refused = quiet.filter(({ status }) => status === 429);
  t.strictSame(refused.map(({ headers }) => headers.get('retry-after')), ['30']);
});

await t.test('a request that waits for its turn goes on when it has come, and one whose client leaves makes room', async (t) => {
  const clock = new ManualClock();
  const gateway = await startLoneGateway(t, 'routes: [{ respond: {}, rateLimit: { limits: 1/s, burst: 10, mode: delay, queue: 2 } }]', { clock });
  const send = async (): Promise<RawClient> => (await RawClient.connect({ port: gateway.port })).write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
  const first = await send();
  t.equal((await first.readResponse()).status, 200);
  const waiting = await send();
  await eventually(() => gateway.begun() === 2);
  const leaving = await send();
  await eventually(() => gateway.begun() === 3);
  const tooMany = await send();
  t.match(await tooMany.readResponse(), { status: 429, headers: { 'retry-after': '3' } });
  leaving.destroy();
  await eventually(() => gateway.ended.some(({ errorCode }) => errorCode === 'client_closed'));
  const next = await send();
  await eventually(() => gateway.begun() === 5);
  t.equal(waiting.received.length, 0);
  clock.advance(1000);
  t.equal((await waiting.readResponse()).status, 200);
  t.equal(next.received.length, 0, 'whoever has left has used up its turn');
  clock.advance(2000);
  t.equal((await next.readResponse()).status, 200);
  for (const client of [first, waiting, tooMany, next]) client.destroy();
});

async function startAt(id: string, options: string, services: PolicyServices): Promise<Phases> {
  const settings = settingsOf(options);
  if (settings.rateLimit === null) throw new Error('it is off');
  return rateLimit.create(settings.rateLimit, { id, settings }, services);
}
