import t from 'tap';
import { POLICY_KINDS } from '../../src/config/policies/policy-kinds.ts';
import { POLICY_ORDER } from '../../src/policy/order.ts';

/** Whoever changes this changes what an attacker can reach: each line says why it stands where it does. */
const ORDER = [
  ['headers', 'what the file says of headers holds, whatever others have said'],
  ['ip', 'whoever is not let in at all must cost nothing more'],
  ['cors', 'preflights have no credentials, and use up no limit'],
  ['maxBody', 'a look at a number must not cost a question to somebody else first'],
  ['maxInFlight', 'who waits behind it is in work already, and what it refuses uses up no rate'],
  ['rateLimit', 'guessing has a limit, too, so it comes before what can be guessed'],
  ['jwt', 'a signature is checked once for each token, and nobody else is asked'],
  ['apiKey', 'a hash is cheaper than what other proofs take'],
  ['basic', 'a password takes long the first time, but nobody else needs to be asked'],
  ['forwardAuth', 'somebody else is asked last'],
  ['roles', 'who has no permission must not reach what is dear'],
  ['compress', 'what others add to an answer is nothing that it goes by, but for Cache-Control'],
  ['cacheControl', 'what an answer says of its keeping is known to all others'],
  ['errorPages', 'where a page takes the place of an answer, it is what all others see'],
] as const;

await t.test('the order of policies is a decision', async (t) => {
  t.strictSame(POLICY_ORDER.map(({ name }) => name), ORDER.map(([name]) => name));
});

await t.test('what the file can say is done by somebody', async (t) => {
  // Which ways are alternatives is read by the chain itself.
  const frame = new Set(['anyOf']);
  const names = Object.keys(POLICY_KINDS).filter((name) => !frame.has(name));
  t.strictSame(names.toSorted(), POLICY_ORDER.map(({ name }) => name as string).toSorted());
});
