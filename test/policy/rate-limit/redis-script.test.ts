import { Redis } from 'ioredis';
import t from 'tap';
import { AnswerError, GIVE_BACK, PEEK, peekStates, scriptArguments, TAKE, takeVerdict } from '../../../src/policy/rate-limit/redis-script.ts';
import { startRedis } from '../../helpers/redis.ts';
import { requireService } from '../../helpers/service.ts';

const TEN_A_MINUTE = { requests: 10, periodMs: 60_000, burst: 9 };
const TWO_AN_HOUR = { requests: 2, periodMs: 3_600_000, burst: 1 };

await t.test('each window is told as the µs of one request, and the µs that requests may be ahead', async (t) => {
  t.strictSame(scriptArguments([TEN_A_MINUTE, { requests: 3, periodMs: 1000, burst: 6 }]), [6_000_000, 54_000_000, 333_333, 1_999_998]);
  t.strictSame(scriptArguments([{ requests: 1_000_000, periodMs: 100, burst: 5 }]), [1, 5], 'a request takes 1 µs at least');
});

await t.test('the answer as a verdict: the window with least left, or the one that refuses longest', async (t) => {
  t.strictSame(takeVerdict([TEN_A_MINUTE], [1, 0]), { allowed: true, remaining: 9, resetMs: 6000, retryAfterMs: 0, aheadMs: 0, window: 0 });
  t.strictSame(takeVerdict([TEN_A_MINUTE, TWO_AN_HOUR], [1, 12_000_000, 1_000_000]), { allowed: true, remaining: 0, resetMs: 1_801_000, retryAfterMs: 0, aheadMs: 12_000, window: 1 });
  t.strictSame(takeVerdict([TEN_A_MINUTE], [0, 57_000_000]), { allowed: false, remaining: 0, resetMs: 57_000, retryAfterMs: 3000, aheadMs: 0, window: 0 });
  t.match(takeVerdict([TEN_A_MINUTE, TWO_AN_HOUR], [0, 57_000_000, 1_900_000_000]), { retryAfterMs: 100_000, resetMs: 1_900_000, window: 1 });
});

await t.test('what the script cannot have answered is refused', async (t) => {
  for (const answer of [null, 'OK', [], [1], [1, 0, 0], [1, '0']]) t.throws(() => takeVerdict([TEN_A_MINUTE], answer), AnswerError);
});

await t.test('the answer to a look: window by window, what could come at once, or when', async (t) => {
  t.equal(peekStates([TEN_A_MINUTE], []), null);
  t.strictSame(peekStates([TEN_A_MINUTE, TWO_AN_HOUR], [12_000_000, 1_900_000_000]), [{ remaining: 8, retryAfterMs: 0 }, { remaining: 0, retryAfterMs: 100_000 }]);
  for (const answer of [null, 'OK', [1, 2], ['1']]) t.throws(() => peekStates([TEN_A_MINUTE], answer), AnswerError);
});

await t.test('the scripts', async (t) => {
  const program = requireService(t, 'redis-server');
  if (program === null) return;
  const { url } = await startRedis(t, program);
  const redis = new Redis(url);
  t.teardown(async () => redis.quit());
  const take = async (key: string, ...args: number[]): Promise<unknown> => redis.eval(TAKE.text, 1, key, ...args);

  await t.test('a request is taken from all windows or from none', async (t) => {
    const args = scriptArguments([TEN_A_MINUTE, TWO_AN_HOUR]);
    t.strictSame(await take('both', ...args), [1, 0, 0]);
    t.match(await take('both', ...args), [1]);
    const before = await redis.get('both');
    t.match(await take('both', ...args), [0]);
    t.equal(await redis.get('both'), before, 'what is refused changes nothing');
  });

  await t.test('a look takes nothing', async (t) => {
    const args = scriptArguments([TEN_A_MINUTE, TWO_AN_HOUR]);
    t.strictSame(await redis.eval(PEEK.text, 1, 'looked', ...args), []);
    await take('looked', ...args);
    const before = await redis.get('looked');
    t.match(peekStates([TEN_A_MINUTE, TWO_AN_HOUR], await redis.eval(PEEK.text, 1, 'looked', ...args)), [{ remaining: 9, retryAfterMs: 0 }, { remaining: 1, retryAfterMs: 0 }]);
    t.equal(await redis.get('looked'), before);
  });

  await t.test('a key ends when it is as good as new', async (t) => {
    await take('short', 1_000_000, 5_000_000);
    await take('short', 1_000_000, 5_000_000);
    const leftMs = await redis.pttl('short');
    t.ok(leftMs > 1500 && leftMs <= 2001, `${leftMs} ms`);
    t.strictSame(await take('shortest', 1, 0), [1, 0], 'a time below a millisecond is still one');
  });

  await t.test('a clock of the server that was set back neither unlocks nor locks anybody out', async (t) => {
    const args = scriptArguments([TEN_A_MINUTE]);
    const [seconds] = await redis.time();
    // As it looks an hour later: three requests were just taken, by a clock that was an hour ahead.
    const ahead = Number(seconds) * 1e6 + 3_600_000_000;
    await redis.set('back', `${ahead} ${ahead + 18_000_000}`);
    t.strictSame(await take('back', ...args), [1, 18_000_000], 'it is where it was: three ahead');
    const [, now] = (await redis.get('back') ?? '').split(' ').map(Number);
    t.ok(now! < ahead, 'and goes on by the clock as it is');
    await redis.set('full', `${ahead} ${ahead + 60_000_000}`);
    t.strictSame(await take('full', ...args), [0, 60_000_000]);
  });

  await t.test('a request given back can be taken again, and no more than were taken', async (t) => {
    const args = scriptArguments([TWO_AN_HOUR]);
    const allowed = async (): Promise<unknown> => ((await take('back again', ...args)) as number[])[0];
    t.strictSame([await allowed(), await allowed(), await allowed()], [1, 1, 0]);
    await redis.eval(GIVE_BACK.text, 1, 'back again', ...args);
    t.strictSame([await allowed(), await allowed()], [1, 0]);
    for (let i = 0; i < 4; i += 1) await redis.eval(GIVE_BACK.text, 1, 'back again', ...args);
    t.strictSame([await allowed(), await allowed(), await allowed()], [1, 1, 0]);
    t.equal(await redis.eval(GIVE_BACK.text, 1, 'nobody', ...args), 0);
    t.equal(await redis.exists('nobody'), 0);
  });
});
