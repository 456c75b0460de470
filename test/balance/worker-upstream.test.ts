import t from 'tap';
import type { MemberSpec } from '../../src/balance/member.ts';
import { WorkerUpstream } from '../../src/balance/worker-upstream.ts';
import { Deadlines } from '../../src/lib/deadlines.ts';
import { Mode, Slots, SlotField } from '../../src/lib/slots.ts';
import type { Member } from '../../src/upstream/member.ts';
import { PoolRegistry } from '../../src/upstream/pool-registry.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';
import { sampleUpstream, someTargets, type SampleUpstream } from './sample-upstream.ts';

interface Sample {
  readonly sample: SampleUpstream;
  readonly upstream: WorkerUpstream;
  readonly pools: PoolRegistry;
  /** Whom the next requests go to. */
  readonly picks: (count: number) => Member[];
}

function start(options: string, count: number, worker = 1, sample = sampleUpstream(options, someTargets(count))): Sample {
  const { clock, memory, config, slot, members } = sample;
  const deadlines = new Deadlines(clock, (error) => {
    throw error;
  });
  const pools = new PoolRegistry(deadlines);
  const services = { clock, deadlines, pools, slots: new Slots(memory, worker), secret: Buffer.alloc(32), random: () => 0.5 };
  const upstream = new WorkerUpstream(config, slot, members, services);
  const { exchange } = sampleExchange();
  const picks = (number: number): Member[] => Array.from({ length: number }, () => {
    const member = upstream.runtime.members.pick(exchange, [], () => true);
    if (member === null) throw new Error('nobody');
    return member;
  });
  return { sample, upstream, pools, picks };
}

function keys(members: readonly Member[]): string {
  return members.map(({ key }) => key).join('');
}

await t.test('the first request goes to the first target, and turns are those of all workers together', async (t) => {
  const one = start('hold: off', 3);
  const other = start('hold: off', 3, 2, one.sample);
  t.equal(keys([...one.picks(1), ...other.picks(1), ...one.picks(1), ...other.picks(3)]), 'abcabc');
});

await t.test('who is in both lists stays as it is; who is not loses its pool, and who is new gets one', async (t) => {
  const { sample, upstream, picks } = start('hold: off', 3);
  const before = picks(3);
  const moved: MemberSpec = { ...sample.members[1]!, address: '127.0.0.9' };
  const added: MemberSpec = { ...sample.members[0]!, key: 'd', address: '127.0.0.4', slot: 9 };
  upstream.useMembers([sample.members[0]!, moved, added]);
  const after = new Map(picks(3).map((member) => [member.key, member]));
  t.strictSame([...after.keys()].toSorted(), ['a', 'b', 'd']);
  t.equal(after.get('a'), before[0]);
  t.not(after.get('b'), before[1], 'another address is another member');
  t.strictSame(before.map(({ pool }) => pool.keepsAlive), [true, false, false]);
  t.ok([...after.values()].every(({ pool }) => pool.keepsAlive));
  upstream.useMembers([]);
  t.equal(upstream.runtime.members.pick(sampleExchange().exchange, [], () => true), null);
  t.ok([...after.values()].every(({ pool }) => !pool.keepsAlive));
});

await t.test('waiting requests learn of another list by the epoch', async (t) => {
  const { sample, upstream } = start('hold: 5s', 1);
  const before = upstream.runtime.members.epoch;
  upstream.useMembers(sample.members);
  t.not(upstream.runtime.members.epoch, before);
});

await t.test('a connection is dialled at the address, under the name of the target', async (t) => {
  const { pools, sample, upstream } = start('hold: off', 1);
  const [spec] = sample.members;
  const { address, port, target } = spec!;
  const same = pools.take(upstream.config, { address, port, path: null, secure: target.secure, host: target.host });
  t.equal(same.pool, upstream.runtime.members.pick(sampleExchange().exchange, [], () => true)?.pool);
});

await t.test('retired, it has given back its pools', async (t) => {
  const { upstream, picks } = start('hold: off', 2);
  const members = picks(2);
  upstream.retire();
  t.strictSame(members.map(({ pool }) => pool.keepsAlive), [false, false]);
});

await t.test('what a call comes to in one worker decides for all', async (t) => {
  const one = start('maxFails: 1, failTimeout: 10s', 2);
  const other = start('', 2, 2, one.sample);
  const [a] = one.picks(1);
  one.upstream.runtime.outcomes.connectFailed(a!);
  t.equal(keys(other.picks(3)), 'bbb');
  one.sample.cells[1]?.store(SlotField.Mode, Mode.Down);
  one.sample.own.add(SlotField.Epoch, 1);
  t.equal(keys(other.picks(1)), 'a', 'where nobody is well, those who are not are better than none');
});

await t.test('a hedge waits for a fixed time, or for a percentile once it is known', async (t) => {
  t.equal(start('hold: off', 1).upstream.runtime.hedge, null);
  t.match(start('hedge: { after: 200ms }', 1).upstream.runtime.hedge, { latency: null, afterMs: 200 });
  const { hedge } = start('hedge: { after: p50 }', 1).upstream.runtime;
  for (let i = 1; i <= 19; i++) hedge?.latency?.add(i);
  t.equal(hedge?.latency?.value, Infinity, '19 answers say nothing yet');
  hedge?.latency?.add(20);
  t.equal(hedge?.latency?.value, 11);
});
