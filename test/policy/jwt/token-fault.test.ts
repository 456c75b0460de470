import t from 'tap';
import { TokenFault } from '../../../src/policy/jwt/token-fault.ts';

await t.test('the client is told that a token is not valid, the log why', async (t) => {
  t.match(new TokenFault('the signature is wrong'), { message: 'the signature is wrong', problem: 'the token is not valid' });
  t.match(new TokenFault('a minute too late', 'the token has expired'), { problem: 'the token has expired' });
});
