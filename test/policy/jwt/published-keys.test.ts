import t, { type Test } from 'tap';
import type { Logger } from '../../../src/observe/logger.ts';
import { PublishedKeys } from '../../../src/policy/jwt/published-keys.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { jwkOf, PAIRS, startKeyServer } from '../../helpers/token-issuer.ts';
import { eventually } from '../../helpers/wait-for.ts';

const ONE = await jwkOf(PAIRS.p256.publicKey, { kid: 'one' });
const TWO = await jwkOf(PAIRS.rsa.publicKey, { kid: 'two' });
const MINUTE_MS = 60_000;

async function start(t: Test, url: string, refreshMs = 10 * MINUTE_MS) {
  const clock = new ManualClock();
  const lines: string[] = [];
  const note = (message: string): void => void lines.push(message);
  const logger: Logger = { error: note, warn: note, info: note, debug: note, isDebug: false };
  const keys = new PublishedKeys({ url, refreshMs, timeoutMs: 5000, ca: null }, { clock, logger, random: () => 0.5 });
  t.teardown(() => keys.close());
  const kids = (): string => keys.keys.map(({ kid }) => kid).join();
  return { clock, lines, keys, kids };
}

await t.test('keys are fetched at the start, and again before their life is over', async (t) => {
  const server = await startKeyServer(t);
  server.publish([ONE], { 'cache-control': 'max-age=1000' });
  const { clock, keys, kids } = await start(t, server.url);
  t.match({ isKnown: keys.isKnown, version: keys.version }, { isKnown: false, version: 0 }, 'nobody waits for them');
  await eventually(() => keys.isKnown);
  t.equal(kids(), 'one');
  server.publish([ONE, TWO], { 'cache-control': 'max-age=1' });
  clock.advance(799_000);
  t.equal(server.requests, 1);
  clock.advance(1000);
  await eventually(() => kids() === 'one,two');
  t.equal(keys.version, 2);
  // A life of a second is made one of a minute.
  clock.advance(47_000);
  t.equal(server.requests, 2);
  clock.advance(1000);
  await eventually(() => server.requests === 3);
});

await t.test('without max-age a set counts as long as `refresh` says, and never more than a day', async (t) => {
  const server = await startKeyServer(t);
  server.publish([ONE]);
  const { clock, keys } = await start(t, server.url);
  await eventually(() => keys.isKnown);
  server.publish([ONE], { 'cache-control': 'max-age=9999999' });
  clock.advance(8 * MINUTE_MS);
  await eventually(() => server.requests === 2);
  const version = keys.version;
  await eventually(() => clock.tickers === 1);
  // Four fifths of a day.
  clock.advance(1152 * MINUTE_MS);
  await eventually(() => server.requests === 3);
  t.equal(keys.version, version, 'the same keys are no other version');
});

await t.test('the last good set stays while the issuer is down, which is said once', async (t) => {
  const server = await startKeyServer(t);
  server.publish([ONE]);
  const { clock, lines, keys, kids } = await start(t, server.url);
  await eventually(() => keys.isKnown);
  server.fail(503);
  clock.advance(8 * MINUTE_MS);
  await eventually(() => lines.length === 1);
  t.match(lines[0], /cannot be fetched: it answered 503; those fetched last go on counting/);
  for (const retryMs of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
    const before = server.requests;
    await eventually(() => clock.tickers === 1);
    clock.advance(retryMs - 1000);
    t.equal(server.requests, before);
    clock.advance(1000);
    await eventually(() => server.requests === before + 1);
  }
  t.strictSame([kids(), lines.length], ['one', 1]);
  await eventually(() => clock.tickers === 1);
  server.publish([TWO]);
  clock.advance(30_000);
  await eventually(() => kids() === 'two');
  t.match(lines.at(-1), /can be fetched again/);
});

await t.test('what is no set does not take the place of one; an empty set does', async (t) => {
  const server = await startKeyServer(t);
  server.publish([ONE]);
  const { clock, lines, keys, kids } = await start(t, server.url);
  await eventually(() => keys.isKnown);
  server.publish(Array.from({ length: 101 }, () => ONE));
  clock.advance(8 * MINUTE_MS);
  await eventually(() => lines.length === 1);
  t.match(lines[0], /101 keys/);
  t.equal(kids(), 'one');
  server.publish([]);
  clock.advance(1000);
  await eventually(() => kids() === '');
  t.ok(keys.isKnown);
  t.match(lines[1], /has no key that tokens can be checked with/);
});

await t.test('keys that are of no use are named in the log', async (t) => {
  const server = await startKeyServer(t);
  server.publish([ONE, { kty: 'oct', k: 'c2VjcmV0', kid: 'shared' }]);
  const { lines, keys, kids } = await start(t, `${server.url}?client_secret=hidden`);
  await eventually(() => keys.isKnown);
  t.equal(kids(), 'one');
  t.match(lines, [/in the set of .*client_secret=\*\*\*, key `shared` is not used: it is a secret/]);
});

await t.test('threat: names that nobody knows have the keys fetched every 30 seconds at most; all who ask wait for one fetch', async (t) => {
  const server = await startKeyServer(t);
  server.publish([ONE]);
  const { clock, keys, kids } = await start(t, server.url);
  await Promise.all([keys.ask(), keys.ask()]);
  t.strictSame([kids(), server.requests], ['one', 1]);
  server.publish([ONE, TWO]);
  await Promise.all(Array.from({ length: 50 }, async () => keys.ask()));
  t.strictSame([kids(), server.requests], ['one,two', 2]);
  for (let i = 0; i < 50; i++) await keys.ask();
  clock.advance(29_999);
  await keys.ask();
  t.equal(server.requests, 2);
  clock.advance(1);
  await keys.ask();
  t.equal(server.requests, 3);
});

await t.test('nobody waits for an issuer longer than two seconds', async (t) => {
  const server = await startKeyServer(t);
  const release = server.hold();
  const { clock, keys } = await start(t, server.url);
  const waiting = keys.ask();
  await eventually(() => server.requests === 1);
  clock.advance(2000);
  await waiting;
  t.notOk(keys.isKnown);
  server.publish([ONE]);
  release();
  await eventually(() => keys.isKnown);
});

await t.test('nothing is left when it is closed', async (t) => {
  const server = await startKeyServer(t);
  server.hold();
  const { clock, lines, keys } = await start(t, server.url);
  await eventually(() => server.requests === 1);
  keys.close();
  await eventually(() => clock.tickers === 0);
  t.strictSame(lines, []);
});
