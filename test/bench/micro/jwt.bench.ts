// Microseconds per token, when it is new and when it is known: node test/bench/micro/jwt.bench.ts
import { performance } from 'node:perf_hooks';
import { jwt } from '../../../src/policy/jwt.ts';
import { policyServices, startPolicy } from '../../helpers/policies.ts';
import { sampleExchange } from '../../helpers/sample-exchange.ts';
import { CLAIMS, PAIRS, pemOf, SECRET, sign, type SigningKey } from '../../helpers/token-issuer.ts';

const TOKENS = 2000;
const ROUNDS = 5;

const WAYS: readonly (readonly [alg: string, key: SigningKey, options: string])[] = [
  ['HS256', Buffer.from(SECRET), `secret: "${SECRET}"`],
  ['RS256', PAIRS.rsa.privateKey, `publicKey: ${JSON.stringify(pemOf(PAIRS.rsa.publicKey))}`],
  ['ES256', PAIRS.p256.privateKey, `publicKey: ${JSON.stringify(pemOf(PAIRS.p256.publicKey))}`],
  ['EdDSA', PAIRS.ed25519.privateKey, `publicKey: ${JSON.stringify(pemOf(PAIRS.ed25519.publicKey))}`],
];

for (const [alg, key, options] of WAYS) {
  const claims = { ...CLAIMS, name: 'Jo Public', email: 'jo@example.com', realm_access: { roles: ['user', 'staff', 'offline_access'] } };
  const tokens = await Promise.all(Array.from({ length: TOKENS }, async (_, i) => sign({ ...claims, jti: `${i}` }, alg, key, { kid: 'k1', typ: 'JWT' })));
  const exchanges = tokens.map((token) => sampleExchange({ headers: ['Host', 'a.test', 'User-Agent', 'curl', 'Accept', '*/*', 'Authorization', `Bearer ${token}`] }).exchange);
  const fresh: number[] = [];
  const known: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const phases = await startPolicy(jwt, `jwt: { ${options}, issuer: "${CLAIMS.iss}", audience: api, rolesClaim: realm_access.roles, forward: { X-User: sub } }`, policyServices());
    for (const times of [fresh, known]) {
      const startMs = performance.now();
      for (const exchange of exchanges) {
        exchange.addedHeaders = [];
        void phases.authenticator?.authenticate(exchange);
      }
      times.push(((performance.now() - startMs) * 1000) / TOKENS);
    }
    await phases.close?.();
  }
  console.log(`${`${alg}, ${tokens[0]?.length} characters, new`.padEnd(32)} ${Math.min(...fresh).toFixed(1).padStart(8)} µs`);
  console.log(`${`${alg}, seen before`.padEnd(32)} ${Math.min(...known).toFixed(2).padStart(8)} µs`);
}
