// A token that is new and one that is known: node test/bench/micro/jwt.bench.ts
import type { Exchange } from '../../../src/exchange/exchange.ts';
import { jwt } from '../../../src/policy/jwt.ts';
import type { Phases } from '../../../src/policy/policy.ts';
import { policyServices, startPolicy } from '../../helpers/policies.ts';
import { sampleExchange } from '../../helpers/sample-exchange.ts';
import { CLAIMS, PAIRS, pemOf, SECRET, sign, type SigningKey } from '../../helpers/token-issuer.ts';
import { inTurn, micro } from '../micro-bench.ts';

const TOKENS = 2000;

const WAYS: readonly (readonly [alg: string, key: SigningKey, options: string])[] = [
  ['HS256', Buffer.from(SECRET), `secret: "${SECRET}"`],
  ['RS256', PAIRS.rsa.privateKey, `publicKey: ${JSON.stringify(pemOf(PAIRS.rsa.publicKey))}`],
  ['ES256', PAIRS.p256.privateKey, `publicKey: ${JSON.stringify(pemOf(PAIRS.p256.publicKey))}`],
  ['EdDSA', PAIRS.ed25519.privateKey, `publicKey: ${JSON.stringify(pemOf(PAIRS.ed25519.publicKey))}`],
];

interface Question {
  readonly phases: Phases;
  readonly exchange: Exchange;
}

function ask({ phases, exchange }: Question): unknown {
  exchange.addedHeaders = [];
  return phases.authenticator?.authenticate(exchange);
}

for (const [alg, key, options] of WAYS) {
  const claims = { ...CLAIMS, name: 'Jo Public', email: 'jo@example.com', realm_access: { roles: ['user', 'staff', 'offline_access'] } };
  const tokens = await Promise.all(Array.from({ length: TOKENS }, async (_, i) => sign({ ...claims, jti: `${i}` }, alg, key, { kid: 'k1', typ: 'JWT' })));
  const exchanges = tokens.map((token) => sampleExchange({ headers: ['Host', 'a.test', 'User-Agent', 'curl', 'Accept', '*/*', 'Authorization', `Bearer ${token}`] }).exchange);
  const start = async (): Promise<Phases> => startPolicy(jwt, `jwt: { ${options}, issuer: "${CLAIMS.iss}", audience: api, rolesClaim: realm_access.roles, forward: { X-User: sub } }`, policyServices());
  const next = inTurn(exchanges);
  let phases = await start();
  let left = TOKENS;
  // To a policy that has seen them all they would not be new any more.
  const fresh = (): Question | Promise<Question> => {
    const exchange = next();
    left -= 1;
    if (left > 0) return { phases, exchange };
    left = TOKENS;
    return start().then((another) => {
      phases = another;
      return { phases, exchange };
    });
  };
  await micro(`${alg}, ${tokens[0]?.length} characters, new`, ask, { input: fresh });
  for (const exchange of exchanges) ask({ phases, exchange });
  await micro(`${alg}, seen before`, ask, { input: () => ({ phases, exchange: next() }) });
}
