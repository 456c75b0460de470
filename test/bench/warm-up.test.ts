import t from 'tap';
import { nginx } from './peers/nginx.ts';
import { sluice } from './peers/sluice.ts';
import type { Peer } from './peers/peer.ts';
import type { Proxy } from './proxies.ts';
import { WarmUp } from './warm-up.ts';

function proxyOf(peer: Peer): Proxy {
  return { peer, port: 0, startMs: 0, process: {} as Proxy['process'], reload: async () => null };
}

/** Rounds that a warm-up takes whose costs are these, the last of them for ever. */
async function roundsOf(warmUp: WarmUp, proxy: Proxy, code: string, costs: readonly (number | null)[]): Promise<number> {
  let rounds = 0;
  await warmUp.run(proxy, code, async () => {
    rounds += 1;
    return costs[Math.min(rounds, costs.length) - 1] ?? null;
  });
  return rounds;
}

await t.test('a proxy that compiles while it runs is warmed up until its cost is steady, a compiled one for one round', async (t) => {
  const warmUp = new WarmUp(9);
  const own = proxyOf(sluice);
  t.equal(await roundsOf(warmUp, own, 'answers', [90, 50, 36, 35.5, 35.4]), 5);
  t.equal(await roundsOf(warmUp, own, 'answers', [35]), 1, 'warm from the case before');
  t.equal(await roundsOf(warmUp, own, 'bodies', [600]), 3, 'another way through it is not');
  t.equal(await roundsOf(warmUp, proxyOf(sluice), 'answers', [35]), 3, 'nor is another process');
  t.equal(await roundsOf(warmUp, proxyOf(nginx), 'answers', [9, 8, 7]), 1);
});

await t.test('a warm-up ends in its time, and at once where nothing was done', async (t) => {
  let cost = 100;
  let rounds = 0;
  await new WarmUp(9).run(proxyOf(sluice), 'answers', async () => {
    rounds += 1;
    return cost *= 0.9;
  });
  t.equal(rounds, 9);
  t.equal(await roundsOf(new WarmUp(9), proxyOf(sluice), 'answers', [null]), 1);
});
