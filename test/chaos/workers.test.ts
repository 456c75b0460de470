import type { ServerResponse } from 'node:http';
import t, { type Test } from 'tap';
import { startGateway, type TestGateway } from '../helpers/gateway.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { startHttpUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

interface App {
  readonly target: string;
  /** Status of answers from now on; null: requests wait for `release`. */
  status: number | null;
  readonly seen: number;
  readonly waiting: number;
  /** The most that waited at once. */
  readonly peak: number;
  /** Answers those that wait with 200. */
  release(): void;
}

async function startApp(t: Test, status: number | null): Promise<App> {
  const waiting: ServerResponse[] = [];
  let peak = 0;
  const upstream = await startHttpUpstream((_request, response) => {
    if (app.status === null) {
      waiting.push(response);
      peak = Math.max(peak, waiting.length);
    } else response.writeHead(app.status).end();
  });
  t.teardown(async () => upstream.close());
  const app: App = {
    target: upstream.target,
    status,
    get seen() {
      return upstream.requests;
    },
    get waiting() {
      return waiting.length;
    },
    get peak() {
      return peak;
    },
    release: () => {
      for (const response of waiting.splice(0)) response.end();
    },
  };
  return app;
}

async function startOver(t: Test, apps: readonly App[], options: string): Promise<TestGateway> {
  return startGateway(t, `
workers: 2
upstreams: { app: { targets: [${apps.map(({ target }) => `"${target}"`).join(', ')}], ${options} } }
routes: [{ upstream: app }]`);
}

/** On a connection of its own, which the system gives to either worker. @returns the status, or the code where the gateway refused. */
async function ask({ httpPort }: TestGateway): Promise<string> {
  const client = await RawClient.connect({ port: httpPort });
  const { status, text } = await client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n').readResponse({ timeoutMs: 10_000 });
  client.destroy();
  return /"code":"(\w+)"/.exec(text)?.[1] ?? String(status);
}

async function askMany(gateway: TestGateway, count: number): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, async () => ask(gateway)));
}

function count(answers: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const answer of answers) counts[answer] = (counts[answer] ?? 0) + 1;
  return counts;
}

await t.test('failures that two workers see are counted together, and both pass over the target from then on', async (t) => {
  const [good, bad] = [await startApp(t, 200), await startApp(t, 500)];
  const gateway = await startOver(t, [good, bad], '');
  const answers: string[] = [];
  for (let i = 0; i < 100; i += 1) answers.push(await ask(gateway));
  t.strictSame(count(answers), { 200: 95, 500: 5 });
  t.equal(bad.seen, 5, 'five in a row, and no request more');
  const status = gateway.plane.status().targets.find(({ key }) => key === bad.target);
  t.match(status, { state: 'ejected', requests: 5, failures: 5, inFlight: 0 });
  await eventually(() => gateway.messages.some((message) => message.startsWith('a target is out')));
});

await t.test('a limit is exact over workers, and whoever waits gets a place that another worker frees', async (t) => {
  const app = await startApp(t, null);
  const gateway = await startOver(t, [app], 'limit: { requests: 5, wait: 10s }');
  const answers = askMany(gateway, 60);
  for (let served = 0; served < 60; served += 5) {
    await eventually(() => app.waiting === 5, 5000);
    app.release();
  }
  t.strictSame(count(await answers), { 200: 60 });
  t.equal(app.peak, 5);
  await eventually(() => gateway.plane.status().targets[0]?.inFlight === 0);
});

await t.test('where nobody may wait, the limit refuses all but as many as it says', async (t) => {
  const app = await startApp(t, null);
  const gateway = await startOver(t, [app], 'limit: { requests: 5, queue: 0 }');
  const answers: string[] = [];
  const asking = Array.from({ length: 30 }, async () => ask(gateway).then((answer) => answers.push(answer)));
  await eventually(() => answers.length === 25, 5000);
  t.strictSame(count(answers), { overloaded: 25 });
  t.equal(app.waiting, 5);
  app.release();
  await Promise.all(asking);
  t.strictSame(count(answers), { overloaded: 25, 200: 5 });
});

await t.test('a breaker opens for all workers at once, and its probes are as many as it says over all of them', async (t) => {
  const app = await startApp(t, 500);
  const gateway = await startOver(t, [app], 'eject: off, breaker: { requests: 10, open: 1s, probes: 3, upstream: false }');
  const answers: string[] = [];
  for (let i = 0; i < 30; i += 1) answers.push(await ask(gateway));
  t.strictSame(count(answers), { 500: 10, circuit_open: 20 });
  t.equal(app.seen, 10);
  t.match(gateway.plane.status().targets, [{ state: 'breaker-open' }]);

  app.status = null;
  await eventually(() => gateway.plane.status().targets[0]?.state === 'half-open', 5000);
  const probing: string[] = [];
  const asking = Array.from({ length: 40 }, async () => ask(gateway).then((answer) => probing.push(answer)));
  await eventually(() => probing.length === 37, 5000);
  t.equal(app.waiting, 3);
  app.release();
  await Promise.all(asking);
  t.strictSame(count(probing), { 200: 3, circuit_open: 37 });
  app.status = 200;
  t.strictSame(count(await askMany(gateway, 20)), { 200: 20 });
  t.match(gateway.plane.status().targets, [{ state: 'up' }]);
});

await t.test('least-conn knows what every worker has in flight', async (t) => {
  const apps = [await startApp(t, null), await startApp(t, null), await startApp(t, null)];
  const gateway = await startOver(t, apps, 'balance: least-conn');
  const asking: Promise<string>[] = [];
  for (let sent = 1; sent <= 30; sent += 1) {
    asking.push(ask(gateway));
    await eventually(() => apps.reduce((sum, app) => sum + app.waiting, 0) === sent);
  }
  t.strictSame(apps.map((app) => app.waiting), [10, 10, 10]);
  for (const app of apps) app.release();
  t.strictSame(count(await Promise.all(asking)), { 200: 30 });
});
