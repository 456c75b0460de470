import type { ServerResponse } from 'node:http';
import t, { type Test } from 'tap';
import { exampleText } from '../helpers/example.ts';
import { type LoneGateway, startLoneGateway } from '../helpers/lone-gateway.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { startHttpUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

/** Answers of what takes its time, to be ended by {@link release}. */
const waiting: ServerResponse[] = [];
const upstream = await startHttpUpstream((request, response) => {
  if (request.headers.accept === 'text/event-stream') response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': here\n\n');
  else if (/^\/(?:exports|backups|reports|live)/.test(request.url ?? '')) waiting.push(response);
  else response.end('done');
});
t.teardown(async () => upstream.close());

function release(): void {
  for (const response of waiting.splice(0)) response.end('done');
}

async function start(test: Test, clock = new ManualClock()): Promise<LoneGateway> {
  return startLoneGateway(test, `trustedProxies: [127.0.0.1]\n${exampleText('limits-in-detail', { 'app:8000': upstream.target })}`, { clock });
}

interface Asked {
  readonly address?: string;
  readonly method?: string;
  readonly accept?: string;
}

async function begin({ port }: LoneGateway, path: string, { address = '192.0.2.1', method = 'GET', accept = '*/*' }: Asked = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}${path}`, { method, headers: { accept, 'x-forwarded-for': address } });
}

async function ask(gateway: LoneGateway, path: string, asked: Asked = {}): Promise<Response> {
  const answer = await begin(gateway, path, asked);
  await answer.arrayBuffer();
  return answer;
}

async function statuses(count: number, once: () => Promise<Response>): Promise<readonly number[]> {
  const answers = await Promise.all(Array.from({ length: count }, once));
  return answers.map(({ status }) => status);
}

function countOf(wanted: number, all: readonly number[]): number {
  return all.filter((status) => status === wanted).length;
}

await t.test('whoever guesses has five tries at both doors together, and is not told how many are left', async (t) => {
  const gateway = await start(t);
  const post = { method: 'POST' };
  t.strictSame(await statuses(3, async () => ask(gateway, '/login', post)), [200, 200, 200]);
  t.equal(countOf(200, await statuses(6, async () => ask(gateway, '/password-reset', post))), 2);
  const [refused, other] = [await ask(gateway, '/login', post), await ask(gateway, '/login', { ...post, address: '192.0.2.2' })];
  t.strictSame([refused.status, refused.headers.get('retry-after'), other.status], [429, '12', 200]);
  for (const { headers } of [refused, other]) t.strictSame([headers.get('ratelimit'), headers.get('ratelimit-policy')], [null, null]);
});

await t.test('a client has two exports and backups in work at once, whatever others have', async (t) => {
  const gateway = await start(t);
  const begun = [ask(gateway, '/exports/a'), ask(gateway, '/backups/a')];
  await eventually(() => waiting.length === 2);
  t.strictSame([(await ask(gateway, '/exports/b')).status, (await ask(gateway, '/backups/b')).status], [429, 429]);
  begun.push(ask(gateway, '/exports/a', { address: '192.0.2.2' }));
  await eventually(() => waiting.length === 3);
  release();
  t.strictSame((await Promise.all(begun)).map(({ status }) => status), [200, 200, 200]);
});

await t.test('four reports are in work at once, and for a fifth the service is busy, whoever asks', async (t) => {
  const gateway = await start(t);
  const begun = statuses(4, async () => ask(gateway, '/reports/a'));
  await eventually(() => waiting.length === 4);
  t.equal((await ask(gateway, '/reports/b', { address: '192.0.2.2' })).status, 503);
  release();
  t.equal(countOf(200, await begun), 4);
});

await t.test('eleven at once, one a second from then on, and both limits are told', async (t) => {
  const clock = new ManualClock();
  const gateway = await start(t, clock);
  t.equal(countOf(200, await statuses(20, async () => ask(gateway, '/api/a'))), 11);
  clock.advance(1000);
  t.equal(countOf(200, await statuses(5, async () => ask(gateway, '/api/a'))), 1);
  t.equal((await ask(gateway, '/api/a')).headers.get('ratelimit-policy'), '"1/s";q=1;w=1;sluice-burst=10, "100/hour";q=100;w=3600');
  let passed = 12;
  for (let second = 0; second < 200; second += 1) {
    clock.advance(1000);
    if ((await ask(gateway, '/api/a')).status === 200) passed += 1;
  }
  // A hundred, and those that have come back meanwhile, one in 36 s.
  t.equal(passed, 105);
});

await t.test('thirty pictures wait for their turn, and not more, whoever asks for them', async (t) => {
  const clock = new ManualClock();
  const gateway = await start(t, clock);
  let answered = 0;
  const asked = ['192.0.2.1', '192.0.2.2'].map(async (address) => statuses(25, async () => ask(gateway, '/thumbnails/a', { address }).finally(() => {
    answered += 1;
  })));
  // One of each client at once, and the 18 for which there is no room.
  await eventually(() => answered === 20);
  clock.advance(100);
  await eventually(() => answered > 20);
  t.ok(answered <= 22, 'ten a second for each client');
  clock.advance(2400);
  const all = (await Promise.all(asked)).flat();
  t.strictSame([countOf(200, all), countOf(429, all)], [32, 18]);
});

await t.test('a limit that is only tried out refuses nobody and tells nothing', async (t) => {
  const gateway = await start(t);
  t.equal(countOf(200, await statuses(100, async () => ask(gateway, '/search'))), 100);
  t.equal((await ask(gateway, '/search')).headers.get('ratelimit'), null);
});

await t.test('streams and other requests of a client are counted apart', async (t) => {
  const gateway = await start(t);
  const stream = { accept: 'text/event-stream' };
  const open = [await begin(gateway, '/live/a', stream), await begin(gateway, '/live/b', stream)];
  t.strictSame(open.map(({ status }) => status), [200, 200]);
  t.equal((await ask(gateway, '/live/c', stream)).status, 429);
  const other = await begin(gateway, '/live/c', { ...stream, address: '192.0.2.2' });
  t.equal(other.status, 200, 'another client has its own');
  const begun = statuses(10, async () => ask(gateway, '/live/a'));
  await eventually(() => waiting.length === 10);
  t.equal((await ask(gateway, '/live/a')).status, 429);
  release();
  t.equal(countOf(200, await begun), 10);
  for (const { body } of [...open, other]) await body?.cancel();
});
