import t, { type Test } from 'tap';
import { publicKeyOf } from '../../../src/lib/jwt-key.ts';
import { KeyRing } from '../../../src/policy/jwt/key-ring.ts';
import { PublishedKeys } from '../../../src/policy/jwt/published-keys.ts';
import { Verifier } from '../../../src/policy/jwt/verifier.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { policyServices } from '../../helpers/policies.ts';
import { jwkOf, PAIRS, startKeyServer } from '../../helpers/token-issuer.ts';
import { eventually } from '../../helpers/wait-for.ts';

const ONE = await jwkOf(PAIRS.p256.publicKey, { kid: 'one' });
const TWO = await jwkOf(PAIRS.p384.publicKey, { kid: 'two' });
const SECRET = { kid: null, algorithms: ['HS256'], material: 's' } as const;
const NAMED = { kid: 'named', algorithms: ['HS256'], material: 'n' } as const;

async function start(t: Test, url: string | null, algorithms: readonly 'ES384'[] | null = null) {
  const clock = new ManualClock();
  const published = url === null ? null : new PublishedKeys({ url, refreshMs: 600_000, timeoutMs: 5000, ca: null }, policyServices(clock));
  t.teardown(() => published?.close());
  const made: string[] = [];
  const ring = await KeyRing.create({
    keys: [SECRET, NAMED], published, algorithms,
    makeVerifiers: async (keys) => keys.map((key) => {
      made.push(String(key.kid));
      return new Verifier(key, () => ({}));
    }),
  });
  const kids = (alg: string, kid: string | null): string[] => ring.keysFor({ alg, kid }).map(({ key }) => String(key.kid));
  return { clock, ring, published, made, kids };
}

await t.test('the keys of a name, or those without one; never one for another algorithm', async (t) => {
  const { ring, kids } = await start(t, null);
  t.strictSame(kids('HS256', 'named'), ['named']);
  t.strictSame(kids('HS256', 'other'), ['null']);
  t.strictSame(kids('HS256', ''), ['null'], 'an empty name is a name');
  t.strictSame(kids('HS256', null), ['null', 'named']);
  for (const [alg, kid] of [['HS384', 'named'], ['none', null], ['RS256', null], ['hs256', 'named'], ['', null], ['constructor', '__proto__']] as const) t.strictSame(kids(alg, kid), [], alg);
  t.match({ current: ring.isCurrent, incomplete: ring.isIncomplete, learns: ring.mayLearn({ alg: 'HS256', kid: 'other' }) }, { current: true, incomplete: false, learns: false });
});

await t.test('published keys come and go; one that stays keeps its verifier', async (t) => {
  const server = await startKeyServer(t);
  server.publish([ONE, TWO]);
  const { clock, ring, published, made, kids } = await start(t, server.url);
  t.ok(ring.isIncomplete);
  await eventually(() => published?.isKnown);
  t.notOk(ring.isCurrent);
  await Promise.all([ring.renew(), ring.renew()]);
  t.ok(ring.isCurrent);
  t.strictSame(made, ['null', 'named', 'one', 'two']);
  const [one] = ring.keysFor({ alg: 'ES256', kid: 'one' });
  const [two] = ring.keysFor({ alg: 'ES384', kid: 'two' });
  t.match(one?.key, { ...publicKeyOf(PAIRS.p256.publicKey), kid: 'one' });
  server.publish([TWO]);
  clock.advance(480_000);
  await eventually(() => !ring.isCurrent);
  await ring.renew();
  t.strictSame(kids('ES256', 'one'), []);
  t.strictSame([one?.isRetired, two?.isRetired], [true, false]);
  t.equal(ring.keysFor({ alg: 'ES384', kid: 'two' })[0], two);
});

await t.test('a name that is not known is learnt, one that is known is not asked for', async (t) => {
  const server = await startKeyServer(t);
  server.publish([ONE]);
  const { ring, published, kids } = await start(t, server.url);
  t.equal(await ring.learn(), true, 'the first set');
  t.strictSame([ring.mayLearn({ alg: 'ES256', kid: 'one' }), ring.mayLearn({ alg: 'ES256', kid: null }), ring.mayLearn({ alg: 'ES384', kid: 'two' })], [false, false, true]);
  server.publish([ONE, TWO]);
  t.strictSame(await Promise.all([ring.learn(), ring.learn()]), [true, true], 'both may try again');
  t.strictSame(kids('ES384', 'two'), ['two']);
  t.equal(await ring.learn(), false, 'nothing new');
  t.equal(published?.version, 2);
});

await t.test('published keys are limited to the algorithms of the route', async (t) => {
  const server = await startKeyServer(t);
  server.publish([ONE, TWO]);
  const { ring, kids } = await start(t, server.url, ['ES384']);
  await ring.learn();
  t.strictSame([kids('ES256', 'one'), kids('ES384', 'two')], [[], ['two']]);
});

await t.test('threat: a token without a name is not tried with every key there is', async (t) => {
  const server = await startKeyServer(t);
  server.publish(Array.from({ length: 50 }, (_, i) => ({ ...ONE, kid: `k${i}` })));
  const { ring, kids } = await start(t, server.url);
  await ring.learn();
  t.equal(kids('ES256', null).length, 8);
});
