import { once } from 'node:events';
import http from 'node:http';
import t, { type Test } from 'tap';
import type { AdminStatus } from '../../src/admin/services.ts';
import { ChaosTarget } from '../helpers/chaos-target.ts';
import { openFiles } from '../helpers/open-files.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { SeededRandom } from '../helpers/seeded-random.ts';
import { Shooter } from '../helpers/shooter.ts';
import { startSluice, type SluiceProcess } from '../helpers/sluice-process.ts';
import { answerWith, readText, startHttpUpstream, startRawUpstream } from '../helpers/upstream.ts';
import { eventually, unmoved } from '../helpers/wait-for.ts';
import { freePort } from '../helpers/worker-plan.ts';

const GARBAGE = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nnobody';

/** A gateway whose idle connections do not last, so that what stays open was forgotten. */
async function startGatewayOver(t: Test, targets: readonly string[]): Promise<SluiceProcess> {
  return startSluice(t, `
listen: { http: "127.0.0.1:0", admin: "127.0.0.1:0" }
workers: 2
upstreams:
  app:
    targets: [${targets.map((target) => `"${target}"`).join(', ')}]
    keepAlive: { idle: 200ms }
    retry: { on: [connect, reset, timeout, 5xx] }
routes: [{ upstream: app }]`);
}

/** On a connection of its own, which is gone afterwards: one that is kept would be a descriptor more. */
async function statusOf({ adminPort }: SluiceProcess): Promise<AdminStatus> {
  const request = http.get({ host: '127.0.0.1', port: adminPort, path: '/health', agent: false });
  const [response] = await once(request, 'response') as [http.IncomingMessage];
  return JSON.parse(await readText(response)) as AdminStatus;
}

/** Does something bad to a gateway, and shows that nothing of it is left there. */
async function leavesNothing(t: Test, targets: readonly string[], ordeal: (sluice: SluiceProcess) => Promise<void>): Promise<void> {
  const sluice = await startGatewayOver(t, targets);
  const pid = sluice.child.pid ?? 0;
  const descriptors = (): number => openFiles(pid) ?? 0;
  await statusOf(sluice);
  const before = await unmoved(descriptors);
  await ordeal(sluice);
  const inFlight = async (): Promise<number[]> => (await statusOf(sluice)).targets.map(({ inFlight: requests }) => requests);
  // A gateway that is behind with its work has nothing in flight either: it has to stay so for a while.
  let calm = 0;
  await eventually(async () => {
    calm = (await inFlight()).every((requests) => requests === 0) ? calm + 1 : 0;
    return calm > 40;
  }, 10_000).catch(() => undefined);
  t.strictSame(await inFlight(), targets.map(() => 0), 'nothing is in flight at any target');
  const { targets: status, workers } = await statusOf(sluice);
  t.ok(status.every(({ requests }) => requests > 0), 'though each was tried');
  await eventually(() => descriptors() === before, 5000).catch(() => undefined);
  t.equal(await unmoved(descriptors), before, 'as many descriptors as before');
  t.notMatch(sluice.output(), /bug:|a deadline failed|a worker died/);
  t.strictSame(workers.map(({ state }) => state), ['ready', 'ready']);
}

// A machine with other work takes several times as long as one without.
t.setTimeout(90_000);

await t.test('bursts of refused connections leave nothing behind', async (t) => {
  const targets = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  await leavesNothing(t, targets, async ({ httpPort }) => {
    const shooter = new Shooter(httpPort);
    const shots = await shooter.volley(1500, 150);
    shooter.close();
    t.ok(shots.every(({ code }) => code === 'upstream_connect_failed'), 'every answer says so');
  });
});

await t.test('answers with garbage behind them leave nothing behind, and nobody is given the garbage', async (t) => {
  const upstream = await startRawUpstream(answerWith(GARBAGE));
  t.teardown(async () => upstream.close());
  await leavesNothing(t, [upstream.target], async ({ httpPort }) => {
    const clients = await Promise.all(Array.from({ length: 20 }, async () => RawClient.connect({ port: httpPort })));
    for (const client of clients) {
      for (let i = 0; i < 10; i += 1) {
        const { status, text } = await client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n').readResponse();
        if (status !== 200 || text !== 'ok') t.fail(`got ${status} ${text}`);
      }
      client.destroy();
    }
  });
  t.equal(upstream.connections, 200, 'no connection was used again');
});

await t.test('clients that go away at any moment leave nothing behind', async (t) => {
  const random = new SeededRandom(3);
  const upstream = await startHttpUpstream((_request, response) => {
    response.write('x'.repeat(100_000));
    setTimeout(() => response.end('x'.repeat(100_000)), 20);
  });
  t.teardown(async () => upstream.close());
  const heads = ['GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\nbegun', 'PUT / HTTP/1.1\r\nHo'];
  await leavesNothing(t, [upstream.target], async ({ httpPort }) => {
    const visit = async (index: number): Promise<void> => {
      const client = await RawClient.connect({ port: httpPort });
      client.write(heads[index % heads.length] ?? '');
      setTimeout(() => client.destroy(), random.integer(60));
      await client.closed;
    };
    for (let round = 0; round < 10; round += 1) await Promise.all(Array.from({ length: 60 }, async (_, index) => visit(index)));
    // Whoever stays is served, so both workers are through with those who did not.
    const shooter = new Shooter(httpPort);
    await shooter.volley(40, 20);
    shooter.close();
  });
});

await t.test('targets that come and go all the time leave nothing behind, and no GET or PUT fails', async (t) => {
  const [steady, flapping] = [await ChaosTarget.start(t), await ChaosTarget.start(t)];
  await leavesNothing(t, [steady.target, flapping.target], async ({ httpPort }) => {
    const shooter = new Shooter(httpPort);
    for (let round = 0; round < 4; round += 1) {
      const enough = shooter.sent + 150;
      const volley = shooter.volley(400, 20);
      // Retries are a share of what came before, and the first moments have no share to give.
      await eventually(() => shooter.sent >= enough);
      await flapping.kill();
      await flapping.restart();
      const shots = await volley;
      t.strictSame(shots.filter(({ method, code }) => method !== 'POST' && code !== ''), []);
    }
    shooter.close();
  });
});
