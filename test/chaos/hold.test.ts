import t from 'tap';
import { arrivals, ChaosTarget } from '../helpers/chaos-target.ts';
import { startGateway } from '../helpers/gateway.ts';
import { failuresOf, Shooter } from '../helpers/shooter.ts';
import { SteadyLoad } from '../helpers/steady-load.ts';

const GAP_SECONDS = 3;

// A machine with other work takes several times as long as one without.
t.setTimeout(90_000);

await t.test('a lone target that is away for 3 s under 500 requests/s: with hold no GET or PUT fails, no POST comes twice', async (t) => {
  const app = await ChaosTarget.start(t);
  const { httpPort } = await startGateway(t, `
listen: { http: "127.0.0.1:0", admin: off, limits: { connectionsPerAddress: 10000 } }
workers: 2
upstreams: { app: { targets: ["${app.target}"], hold: 10s, holdMax: 5000 } }
routes: [{ upstream: app }]`);
  const load = SteadyLoad.start(t, httpPort, 500);
  await load.reach(2);
  await app.kill();
  load.phase = 'away';
  await load.reach(2 + GAP_SECONDS);
  await app.restart();
  const backMs = performance.now();
  load.phase = 'back';
  await load.reach(4 + GAP_SECONDS);

  const shots = await load.end();
  const held = shots.filter(({ phase }) => phase === 'away');
  const drainedMs = Math.max(...held.map(({ endedMs }) => endedMs)) - backMs;
  const seen = arrivals([app]);
  const usualMs = await volleyMs(httpPort, held.length);
  t.comment(`${shots.length} requests, ${held.length} of them held, failed: ${JSON.stringify(failuresOf(shots))}`);
  t.comment(`drained ${Math.round(drainedMs)} ms after the return; as many requests take ${Math.round(usualMs)} ms at any time`);
  t.strictSame(failuresOf(shots.filter(({ method }) => method !== 'POST')), {}, 'no GET or PUT failed');
  t.strictSame(failuresOf(shots.filter(({ phase }) => phase !== '')), {}, 'nor did a POST that came while nobody was there');
  t.strictSame([...seen].filter(([id, times]) => id.startsWith('POST') && times > 1), [], 'no POST came twice');
  t.ok(held.length >= GAP_SECONDS * 450, 'the load went on meanwhile');
  // Twice, because the load went on meanwhile. A machine without other work needs 0.6 s for all of it.
  t.ok(drainedMs < 1000 + 2 * usualMs, 'the queue drained within a second, and what this machine takes for as many requests');
});

async function volleyMs(port: number, count: number): Promise<number> {
  const shooter = new Shooter(port);
  const startedMs = performance.now();
  await shooter.volley(count, 64);
  shooter.close();
  return performance.now() - startedMs;
}
