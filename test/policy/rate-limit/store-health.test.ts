import t, { type Test } from 'tap';
import { StoreHealth } from '../../../src/policy/rate-limit/store-health.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { eventually } from '../../helpers/wait-for.ts';

interface Bench {
  readonly health: StoreHealth;
  readonly clock: ManualClock;
  readonly lines: string[];
  /** When it was probed. */
  readonly probes: number[];
  /** What the next probe finds. */
  problem: string;
}

function bench(t: Test): Bench {
  const clock = new ManualClock();
  const lines: string[] = [];
  const probes: number[] = [];
  const log = (message: string, fields?: object): void => {
    lines.push(`${message} ${JSON.stringify(fields)}`);
  };
  const probe = async (): Promise<string> => {
    probes.push(clock.monotonicMs());
    return made.problem;
  };
  const health = new StoreHealth({ name: 'redis at r:1', meanwhile: 'all is let through', probe, clock, random: () => 0.5, logger: { info: log, warn: log } });
  const made: Bench = { health, clock, lines, probes, problem: '' };
  t.teardown(() => health.close());
  return made;
}

/** Moves on in small steps, so that what a probe finds is known before the next one is due. */
async function advance({ clock }: Bench, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 50) {
    clock.advance(50);
    await Promise.resolve();
    await Promise.resolve();
    await Promise.resolve();
  }
}

await t.test('it is up when a probe was answered, and says nothing of a start that went well', async (t) => {
  const made = bench(t);
  t.equal(made.health.isUp, false);
  await made.health.look();
  await made.health.known;
  t.equal(made.health.isUp, true);
  t.strictSame(made.lines, []);
});

await t.test('three failures in a row take it down, and an answer in between begins the count anew', async (t) => {
  const made = bench(t);
  await made.health.look();
  made.health.failed('did not answer');
  made.health.failed('did not answer');
  made.health.succeeded();
  made.health.failed('did not answer');
  made.health.failed('did not answer');
  t.equal(made.health.isUp, true);
  made.health.failed('did not answer');
  t.equal(made.health.isUp, false);
  t.equal(made.health.problem, 'did not answer');
});

await t.test('the loss of the connection takes it down at once', async (t) => {
  const made = bench(t);
  await made.health.look();
  made.health.lost('broke the connection off');
  t.equal(made.health.isUp, false);
});

await t.test('it is probed with growing pauses, of 5 s at most, and at once where it may be there again', async (t) => {
  const made = bench(t);
  made.problem = 'is out of memory';
  made.health.lost('is out of memory');
  await advance(made, 30_000);
  const pauses = made.probes.map((ms, i) => ms - (made.probes[i - 1] ?? 0));
  t.strictSame(pauses.slice(0, 7), [100, 200, 400, 800, 1600, 3200, 5000]);
  t.ok(Math.max(...pauses) <= 5000);
  made.problem = '';
  await made.health.look();
  t.equal(made.health.isUp, true);
  const before = made.probes.length;
  await advance(made, 20_000);
  t.equal(made.probes.length, before, 'nobody probes what is up');
});

await t.test('an outage is one line, and its end another, whatever is found in between', async (t) => {
  const made = bench(t);
  await made.health.look();
  made.problem = 'is still reading its data';
  made.health.lost('broke the connection off');
  made.health.lost('refuses the connection');
  await advance(made, 5000);
  made.problem = '';
  await made.health.look();
  t.match(made.lines, [/^the store of limits cannot be used; all is let through .*redis at r:1.*broke the connection off/, /^the store of limits can be used again/]);
  t.equal(made.lines.length, 2);
});

await t.test('a store that goes up and down is tried less and less, until it was well for half a minute', async (t) => {
  const made = bench(t);
  await made.health.look();
  for (let i = 0; i < 8; i += 1) {
    made.health.lost('went away');
    await advance(made, 6000);
    t.equal(made.health.isUp, true);
  }
  made.health.lost('went away');
  const downMs = made.clock.monotonicMs();
  await advance(made, 6000);
  t.equal(made.probes.at(-1)! - downMs, 5000);
  await advance(made, 30_000);
  made.health.lost('went away');
  const againMs = made.clock.monotonicMs();
  await advance(made, 200);
  t.equal(made.probes.at(-1)! - againMs, 100);
});

await t.test('what an earlier probe finds late does not count', async (t) => {
  const clock = new ManualClock();
  const answers: ((problem: string) => void)[] = [];
  const probe = async (): Promise<string> => new Promise((resolve) => { answers.push(resolve); });
  const health = new StoreHealth({ name: 'r', meanwhile: '', probe, clock, random: () => 0.5, logger: { info: () => undefined, warn: () => undefined } });
  t.teardown(() => health.close());
  const first = health.look();
  const second = health.look();
  answers[1]?.('');
  await second;
  answers[0]?.('late');
  await first;
  t.equal(health.isUp, true);
});

await t.test('closed, it probes no more, and nobody waits for it', async (t) => {
  const made = bench(t);
  made.health.lost('x');
  made.health.close();
  await made.health.known;
  await made.health.look();
  t.strictSame([made.health.isUp, made.clock.tickers, made.probes], [false, 0, []]);
  await eventually(() => made.lines.length === 1);
});
