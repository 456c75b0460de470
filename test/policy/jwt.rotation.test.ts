import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import http from 'node:http';
import t from 'tap';
import { startLoneGateway } from '../helpers/lone-gateway.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { AUDIENCE, CLAIMS, ISSUER, jwkOf, NOW_S, sign, startKeyServer } from '../helpers/token-issuer.ts';
import { eventually } from '../helpers/wait-for.ts';

const MINUTE_MS = 60_000;
const CLIENTS = 8;

interface Pair {
  readonly kid: string;
  readonly jwk: object;
  readonly privateKey: KeyObject;
}

async function makePairOf(kid: string): Promise<Pair> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { kid, jwk: await jwkOf(publicKey, { kid, alg: 'ES256', use: 'sig' }), privateKey };
}

async function tokenOf({ kid, privateKey }: Pair, sub: string): Promise<string> {
  return sign({ ...CLAIMS, sub, exp: 2 * NOW_S }, 'ES256', privateKey, { kid });
}

const pairs = await Promise.all(Array.from({ length: 6 }, async (_, i) => makePairOf(`k${i}`)));
const issuer = await startKeyServer(t);
const clock = new ManualClock();
const gateway = await startLoneGateway(t, `routes: [{ respond: {}, jwt: { jwks: "${issuer.url}", issuer: "${ISSUER}", audience: ${AUDIENCE} } }]`, { clock });
const agent = new http.Agent({ keepAlive: true, maxSockets: CLIENTS * 2 });
t.teardown(() => agent.destroy());

async function statusOf(token: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = http.get({ host: '127.0.0.1', port: gateway.port, agent, headers: { authorization: `Bearer ${token}` } });
    request.on('response', (response) => resolve(response.resume().statusCode ?? 0));
    request.on('error', reject);
  });
}

await t.test('before the first set has come, requests wait for it; without one the answer is 503, not 401', async (t) => {
  issuer.fail(500);
  const lost = await startLoneGateway(t, `routes: [{ respond: {}, jwt: { jwks: "${issuer.url}", audience: ${AUDIENCE} } }]`);
  const { status, headers } = await fetch(`http://127.0.0.1:${lost.port}/`, { headers: { authorization: `Bearer ${await tokenOf(pairs[0]!, 'a')}` } });
  t.strictSame([status, headers.get('retry-after')], [503, '5']);
  t.match(lost.ended, [{ errorCode: 'auth_unavailable' }]);
  const { status: without } = await fetch(`http://127.0.0.1:${lost.port}/`);
  t.equal(without, 401, 'who shows nothing needs no key');

  const release = issuer.hold();
  const slow = await startLoneGateway(t, `routes: [{ respond: {}, jwt: { jwks: "${issuer.url}?slow", audience: ${AUDIENCE} } }]`);
  const waiting = fetch(`http://127.0.0.1:${slow.port}/`, { headers: { authorization: `Bearer ${await tokenOf(pairs[0]!, 'a')}` } });
  await eventually(() => slow.begun() === 1);
  issuer.publish([pairs[0]!.jwk]);
  release();
  t.equal((await waiting).status, 200);
});

await t.test('keys change under load without one wrong answer: a token is good exactly as long as its key is in the set that was fetched last', async (t) => {
  issuer.publish([pairs[0]!.jwk]);
  clock.advance(31_000);
  await eventually(async () => (await statusOf(await tokenOf(pairs[0]!, 'first'))) === 200);
  /** Which of the keys are good, and which are surely not; between the two, while sets change, a client does not look. */
  let good = [pairs[0]!];
  let bad: Pair[] = pairs.slice(1);
  const over = new AbortController();
  let asked = 0;
  const wrong: string[] = [];
  const client = async (number: number): Promise<void> => {
    for (let i = 0; !over.signal.aborted; i++) {
      const [right, forged] = [good[i % good.length]!, bad.length === 0 ? null : bad[i % bad.length]!];
      // Some tokens are new, and some are remembered.
      const token = await tokenOf(right, i % 3 === 0 ? `${number}-${i}` : 'same');
      const status = await statusOf(token);
      if (status !== 200) wrong.push(`${right.kid} is published: ${status}`);
      if (forged !== null && i % 4 === 0) {
        const refused = await statusOf(await tokenOf(forged, 'forged'));
        if (refused !== 401 && bad.includes(forged)) wrong.push(`${forged.kid} is not published: ${refused}`);
      }
      asked++;
    }
  };
  const clients = Array.from({ length: CLIENTS }, async (_, number) => client(number));
  const someMore = async (): Promise<unknown> => {
    const until = asked + 200;
    return eventually(() => asked >= until, 20_000);
  };
  const before = issuer.requests;
  for (let i = 1; i < pairs.length; i++) {
    const [old, fresh] = [pairs[i - 1]!, pairs[i]!];
    bad = bad.filter((pair) => pair !== fresh);
    await someMore();
    // The new key is published before it is used; the first token with it has it fetched at once.
    issuer.publish([old.jwk, fresh.jwk]);
    clock.advance(31_000);
    good = [old, fresh];
    await someMore();
    // The old key is not used any more, and leaves the set.
    good = [fresh];
    await someMore();
    issuer.publish([fresh.jwk]);
    const requests = issuer.requests;
    clock.advance(8 * MINUTE_MS);
    await eventually(() => issuer.requests > requests);
    await eventually(async () => (await statusOf(await tokenOf(old, 'same'))) === 401);
    bad = [...bad, old];
  }
  await someMore();
  over.abort();
  await Promise.all(clients);
  t.strictSame(wrong, []);
  t.ok(asked > 2000, `${asked} rounds`);
  t.ok(issuer.requests - before <= 4 * pairs.length, `${issuer.requests - before} fetches: wrong names and right ones together`);
});
