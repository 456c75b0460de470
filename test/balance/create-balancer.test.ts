import t from 'tap';
import { ConsistentHash } from '../../src/balance/consistent-hash.ts';
import { LeastConn } from '../../src/balance/least-conn.ts';
import { RandomTwo } from '../../src/balance/random-two.ts';
import { RoundRobin } from '../../src/balance/round-robin.ts';
import { Sticky } from '../../src/balance/sticky.ts';
import { upstreamOf } from '../helpers/config-text.ts';
import { at, equalCandidates, listOf, startBalancer } from './sample-candidates.ts';

await t.test('each word of the configuration is a balancer', async (t) => {
  const cases = [
    ['round-robin', RoundRobin], ['least-conn', LeastConn], ['random-two', RandomTwo], ['{ hash: address }', ConsistentHash], ['{ sticky: {} }', Sticky],
  ] as const;
  for (const [text, shape] of cases) t.ok(startBalancer(upstreamOf(`balance: ${text}`).balance).balancer instanceof shape, text);
});

await t.test('a sticky one places new clients by the balancer it stands over', async (t) => {
  const all = equalCandidates(3);
  for (const busy of [0, 1]) at(all, busy).slot.addInFlight(1);
  t.strictSame(startBalancer(upstreamOf('balance: { sticky: { over: least-conn } }').balance).count(30, listOf(all), all), [0, 0, 30, 0]);
  t.strictSame(startBalancer(upstreamOf('balance: { sticky: { over: round-robin } }').balance).count(30, listOf(all), all), [10, 10, 10, 0]);
});
