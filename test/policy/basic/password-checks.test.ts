import { setImmediate as nextTurn } from 'node:timers/promises';
import t from 'tap';
import { parsePasswordHash } from '../../../src/config/credentials/password-hash.ts';
import { PasswordChecks } from '../../../src/policy/basic/password-checks.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';

const HASH = parsePasswordHash('$2y$12$WApznUOJfkEGSmYRfnkrPOr466oFDCaj4b6HY3EXGvfxm43seywhe');
const OTHER = parsePasswordHash('$2y$10$WApznUOJfkEGSmYRfnkrPOr466oFDCaj4b6HY3EXGvfxm43seywhe');

interface Running {
  readonly password: string;
  end(isRight: boolean): void;
  fail(): void;
}

/** Checks that end when the test says so. */
function held() {
  const clock = new ManualClock();
  const running: Running[] = [];
  const checks = new PasswordChecks(clock, async (password) => {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    running.push({ password, end: resolve, fail: () => reject(new Error('no memory')) });
    return promise;
  });
  const leaving: (() => void)[] = [];
  const check = async (password: string, hash = HASH, isOfUser = true): Promise<boolean> => checks.check({ password, hash, isOfUser, onLeave: (left) => leaving.push(left) });
  return { clock, running, checks, leaving, check };
}

await t.test('one check at a time, in the order they came', async (t) => {
  const { running, check } = held();
  const all = Promise.all(['a', 'b', 'c'].map(async (password) => check(password)));
  for (let i = 0; i < 3; i += 1) {
    await nextTurn();
    t.equal(running.length, i + 1);
    running[i]?.end(i === 1);
  }
  t.strictSame(await all, [false, true, false]);
  t.strictSame(running.map(({ password }) => password), ['a', 'b', 'c']);
});

await t.test('a right password is remembered for five minutes, for its hash alone; a wrong one is not', async (t) => {
  const { clock, running, checks, check } = held();
  const right = check('a');
  await nextTurn();
  running[0]?.end(true);
  await right;
  t.strictSame([checks.isRemembered('a', HASH), checks.isRemembered('a', OTHER), checks.isRemembered('b', HASH)], [true, false, false]);
  clock.advance(5 * 60_000 - 1);
  t.equal(checks.isRemembered('a', HASH), true);
  clock.advance(1);
  t.equal(checks.isRemembered('a', HASH), false);
  const wrong = check('b');
  await nextTurn();
  running[1]?.end(false);
  await wrong;
  t.equal(checks.isRemembered('b', HASH), false);
});

await t.test('a page and its pictures cost one check', async (t) => {
  const { running, check } = held();
  const first = check('a');
  await nextTurn();
  const others = [check('a'), check('a'), check('b'), check('b')];
  running[0]?.end(true);
  await nextTurn();
  running[1]?.end(false);
  t.strictSame(await Promise.all([first, ...others]), [true, true, true, false, false]);
  t.equal(running.length, 2);
});

await t.test('threat: what is checked for a nobody is neither looked up nor kept', async (t) => {
  const { running, checks, check } = held();
  const nobody = check('a', HASH, false);
  const again = check('a', HASH, false);
  await nextTurn();
  running[0]?.end(true);
  await nextTurn();
  t.equal(running.length, 2, 'each costs a check');
  running[1]?.end(true);
  await Promise.all([nobody, again]);
  t.equal(checks.isRemembered('a', HASH), false);
});

await t.test('threat: a flood waits for itself up to a bound, and those who leave make room', async (t) => {
  const { running, check, leaving } = held();
  const first = check('first');
  await nextTurn();
  const waiting = Array.from({ length: 32 }, async (_, i) => check(`${i}`));
  await t.rejects(check('one too many'), { name: 'ChecksExhausted' });
  leaving[1]?.();
  t.equal(await waiting[0], false, 'who left is told something');
  const late = check('late');
  leaving[0]?.();
  running[0]?.end(true);
  t.equal(await first, true, 'what runs is not cut short');
  for (let i = 1; i <= 32; i += 1) {
    await nextTurn();
    running[i]?.end(true);
  }
  t.equal(await late, true);
  t.strictSame([running[1]?.password, running.at(-1)?.password, running.length], ['1', 'late', 33]);
  await Promise.all(waiting);
});

await t.test('a check that fails is told, and the next one runs', async (t) => {
  const { running, check } = held();
  const failing = check('a');
  const next = check('b');
  await nextTurn();
  running[0]?.fail();
  await t.rejects(failing, /no memory/);
  await nextTurn();
  running[1]?.end(true);
  t.equal(await next, true);
});

await t.test('a name has always the same number, in this process alone', async (t) => {
  const [one, two] = [held().checks, held().checks];
  t.equal(one.numberOf('anna'), one.numberOf('anna'));
  t.not(one.numberOf('anna'), two.numberOf('anna'));
  one.close();
});
