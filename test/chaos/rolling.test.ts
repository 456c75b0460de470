import t from 'tap';
import { arrivals, ChaosTarget } from '../helpers/chaos-target.ts';
import { startGateway } from '../helpers/gateway.ts';
import { failuresOf } from '../helpers/shooter.ts';
import { SteadyLoad } from '../helpers/steady-load.ts';
import { eventually } from '../helpers/wait-for.ts';

/** What a POST may fail with: a byte of it had left, and what became of it is not known. */
const AFTER_SENT = new Set(['upstream_reset', 'upstream_timeout', 'of the target']);

// Most of a minute of load, and what starting and ending take on a busy machine.
t.setTimeout(110_000);

await t.test('500 requests/s over three targets that die, hang and fail in turn: no GET or PUT fails, no POST comes twice', { timeout: 100_000 }, async (t) => {
  const targets = [await ChaosTarget.start(t), await ChaosTarget.start(t), await ChaosTarget.start(t)] as const;
  const [a, b, c] = targets;
  const { plane, httpPort } = await startGateway(t, `
workers: 2
upstreams:
  app:
    targets: [${targets.map(({ target }) => `"${target}"`).join(', ')}]
    health: { path: /health, every: 1s }
    timeouts: { connect: 1s, response: 1s }
    retry: { on: [connect, reset, timeout, 5xx] }
routes: [{ upstream: app }]`);
  const load = SteadyLoad.start(t, httpPort, 500);
  const states = (): string[] => plane.status().targets.map(({ state }) => state);
  /** Nobody is cared for any more: that is where the next trouble may begin. */
  const allUp = async (): Promise<unknown> => eventually(() => states().every((state) => state === 'up'), 8000);
  const begin = async (phase: string, second: number): Promise<void> => {
    await load.reach(second);
    t.strictSame(states(), ['up', 'up', 'up'], `${second} s, ${phase}`);
    load.phase = phase;
  };
  const isOut = async (index: number): Promise<unknown> => eventually(() => states()[index] !== 'up', 8000);

  await begin('kill', 2);
  await a.kill();
  await isOut(0);
  await load.reach(5);
  await a.restart();
  await allUp();
  await begin('replace', 8);
  for (const [index, target] of targets.entries()) {
    await target.kill('SIGTERM');
    await target.restart();
    await load.reach(10 + index * 2);
  }
  await allUp();
  await begin('hang', 15);
  b.freeze();
  await isOut(1);
  await load.reach(20);
  b.thaw();
  await allUp();
  await begin('500', 24);
  await c.become('fail');
  await isOut(2);
  await load.reach(28);
  await c.become('ok');
  await allUp();
  await begin('silence', 31);
  await a.become('silent');
  await isOut(0);
  await load.reach(35);
  await a.become('ok');
  await allUp();
  await begin('end', 38);

  const shots = await load.end();
  t.comment(`${shots.length} requests, failed: ${JSON.stringify(failuresOf(shots))}`);
  t.ok(shots.length >= 19_000);
  t.strictSame(failuresOf(shots.filter(({ method }) => method !== 'POST')), {}, 'no idempotent request failed');
  const posts = shots.filter(({ method }) => method === 'POST');
  const seen = arrivals(targets);
  t.strictSame(posts.filter(({ id }) => (seen.get(id) ?? 0) > 1), [], 'no POST came twice');
  t.strictSame(posts.filter(({ id, code }) => code === '' && seen.get(id) !== 1), [], 'what was answered had come');
  t.strictSame(posts.filter(({ code }) => code !== '' && !AFTER_SENT.has(code)), [], 'a POST failed only after a byte of it had left');
});
