import t from 'tap';
import { PolicyTrials, type TrialOutcome } from '../../src/gateway/policy-trials.ts';
import type { PolicyName } from '../../src/config/policies/policy-kinds.ts';
import { ChainBuilder } from '../../src/policy/chain.ts';
import { policyServices, settingsOf } from '../helpers/policies.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';

const KEY_HASH = 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
const API_KEY = `apiKey: { keys: [{ name: k, hash: "${KEY_HASH}", roles: [reader] }] }`;
const NOWHERE = 'http://127.0.0.1:1/';

interface Outcome {
  readonly outcomes: Readonly<Record<string, TrialOutcome>>;
  readonly error: string;
}

/** Sends a request through the policies of a route. */
async function tried(options: string, names: readonly PolicyName[], headers: readonly string[] = []): Promise<Outcome> {
  const trials = new PolicyTrials();
  const builder = new ChainBuilder({ ...policyServices(), makePolicy: trials.make });
  const { requestPhases } = await builder.chainOf({ id: 'r', settings: settingsOf(options) });
  const { exchange, sink } = sampleExchange({ headers: ['Host', 'a.test', ...headers] });
  Object.assign(exchange, { host: 'a.test', path: '/', clientAddress: '192.0.2.1' });
  let error = '';
  try {
    for (const phase of requestPhases) if (!sink.headSent) await phase(exchange);
  } catch (thrown) {
    error = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown);
  }
  await builder.close();
  return { outcomes: Object.fromEntries(names.map((name) => [name, trials.outcomeOf(name)])), error };
}

await t.test('each policy is told by what it did, and what stands behind a refusal is not reached', async (t) => {
  t.strictSame(await tried('ip: { deny: 192.0.2.1 }, rateLimit: 1/s, compress: true', ['headers', 'ip', 'rateLimit', 'compress', 'jwt']), {
    outcomes: { headers: 'answers', ip: 'refused', rateLimit: 'not reached', compress: 'answers', jwt: 'not reached' }, error: 'forbidden_address',
  });
  t.strictSame(await tried('ip: { deny: 192.0.2.9 }, rateLimit: 1/s', ['ip', 'rateLimit']), { outcomes: { ip: 'passed', rateLimit: 'passed' }, error: '' });
  const preflight = ['Origin', 'https://b.test', 'Access-Control-Request-Method', 'PUT'];
  t.match(await tried('cors: "https://b.test"', ['cors'], preflight), { outcomes: { cors: 'passed' } }, 'only OPTIONS is a preflight');
});

await t.test('credentials that are shown are checked, and where there are none, some are assumed', async (t) => {
  const names: readonly PolicyName[] = ['apiKey', 'roles'];
  t.strictSame(await tried(`${API_KEY}, roles: [reader]`, names), { outcomes: { apiKey: 'assumed', roles: 'assumed' }, error: '' });
  t.strictSame(await tried(`${API_KEY}, roles: [reader]`, names, ['X-API-Key', 'test']), { outcomes: { apiKey: 'passed', roles: 'passed' }, error: '' });
  t.strictSame(await tried(`${API_KEY}, roles: [admin]`, names, ['X-API-Key', 'test']), { outcomes: { apiKey: 'passed', roles: 'refused' }, error: 'insufficient_permissions' });
  t.strictSame(await tried(API_KEY, ['apiKey'], ['X-API-Key', 'wrong']), { outcomes: { apiKey: 'refused' }, error: 'unauthorized' });
});

await t.test('nobody is asked over the network', async (t) => {
  t.strictSame(await tried(`forwardAuth: ${NOWHERE}`, ['forwardAuth']), { outcomes: { forwardAuth: 'assumed' }, error: '' });
  const jwks = `jwt: { jwks: { url: "${NOWHERE}", allowHttp: true }, audience: x }`;
  t.strictSame(await tried(jwks, ['jwt']), { outcomes: { jwt: 'assumed' }, error: '' });
  t.strictSame(await tried(jwks, ['jwt'], ['Authorization', 'Bearer a.b.c']), { outcomes: { jwt: 'assumed' }, error: '' }, 'what its keys would say of a token is not known');
});

await t.test('of several ways one is enough, and only the last that is asked assumes anything', async (t) => {
  const either = `${API_KEY}, forwardAuth: ${NOWHERE}, anyOf: [apiKey, forwardAuth]`;
  const names: readonly PolicyName[] = ['apiKey', 'forwardAuth'];
  t.strictSame(await tried(either, names), { outcomes: { apiKey: 'not reached', forwardAuth: 'assumed' }, error: '' });
  t.strictSame(await tried(either, names, ['X-API-Key', 'test']), { outcomes: { apiKey: 'passed', forwardAuth: 'not reached' }, error: '' });
  const both = `${API_KEY}, basic: { users: { u: "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy" } }, anyOf: [apiKey, basic]`;
  t.strictSame(await tried(both, ['apiKey', 'basic'], ['X-API-Key', 'wrong']), { outcomes: { apiKey: 'refused', basic: 'not reached' }, error: 'unauthorized' });
});
