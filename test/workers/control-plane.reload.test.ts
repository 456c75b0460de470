import t from 'tap';
import { startGateway } from '../helpers/gateway.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { echoRequest, startHttpUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

/** A configuration with more than 530 cells of its own, so that 125 generations of them are more than there are. */
function manyCells(round: number): string {
  const upstreams = Array.from({ length: 130 }, (_, i) => `  u${round}-${i}: "127.0.0.1:1"`);
  const routes = Array.from({ length: 70 }, (_, i) => `  - { name: r${round}-${i}, path: /${i}, respond: { body: "${round}" } }`);
  return `upstreams:\n${upstreams.join('\n')}\nroutes:\n  - { name: "f${round}", path: /f, upstream: u${round}-0 }\n${routes.join('\n')}`;
}

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

interface Tally {
  asked: number;
  readonly faults: string[];
}

/** Asks again and again, on a new connection where the gateway closes the old one. */
async function keepAsking(port: number, perConnection: number, tally: Tally, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const client = await RawClient.connect({ port });
    for (let i = 0; i < perConnection && !signal.aborted; i++) {
      try {
        const { status, headers } = await client.write(GET).readResponse();
        tally.asked += 1;
        if (status !== 200) tally.faults.push(String(status));
        if (headers['connection'] === 'close') break;
      } catch (error) {
        tally.faults.push(String(error));
        break;
      }
    }
    client.destroy();
  }
}

await t.test('no request fails while a busy gateway reloads, whether routes, targets or limits change', async (t) => {
  const upstreams = [await startHttpUpstream(echoRequest), await startHttpUpstream(echoRequest)];
  for (const upstream of upstreams) t.teardown(async () => upstream.close());
  const yaml = (round: number): string => `
workers: 2
listen: { http: "127.0.0.1:0", admin: off, limits: { headers: ${50 + (round % 3)} } }
upstreams: { a: { targets: "${upstreams[round % 2]?.target}", keepAlive: { idle: ${1 + (round % 2)}s } } }
routes: [{ upstream: a }, { path: /${round}, respond: {} }]`;
  const gateway = await startGateway(t, yaml(0));
  const stop = new AbortController();
  const tally: Tally = { asked: 0, faults: [] };
  const clients = [1, 1, 1000, 1000, 1000, 1000].map(async (perConnection) => keepAsking(gateway.httpPort, perConnection, tally, stop.signal));
  for (let round = 1; round <= 30; round++) {
    const enough = tally.asked + 30;
    await eventually(() => tally.asked >= enough, 10_000);
    gateway.write(yaml(round));
    t.match(await gateway.plane.reload(), { ok: true, generation: round + 1 });
  }
  stop.abort();
  await Promise.all(clients);
  t.strictSame(tally.faults, []);
});

await t.test('the shared cells of a retired generation are free for the next ones', async (t) => {
  const gateway = await startGateway(t, manyCells(0));
  const client = await RawClient.connect({ port: gateway.httpPort });
  for (let round = 1; round <= 125; round++) {
    gateway.write(manyCells(round));
    const result = await gateway.plane.reload();
    if (!result.ok) t.fail(`reload ${round}: ${result.error}`);
  }
  t.equal((await client.write('GET /1 HTTP/1.1\r\nHost: a\r\n\r\n').readResponse()).text, '125');
  client.destroy();
});
