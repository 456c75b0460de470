import t from 'tap';
import { NO_SUCH_DATABASE, redisProblem } from '../../../src/lib/redis/redis-problem.ts';

function reply(message: string): Error {
  return Object.assign(new Error(message), { name: 'ReplyError' });
}

function failure(code: string): Error {
  return Object.assign(new Error('secret'), { code });
}

await t.test('each failure has its words', async (t) => {
  const cases: readonly (readonly [error: unknown, words: RegExp])[] = [
    [reply('NOAUTH Authentication required.'), /^asks for a password/],
    [reply('WRONGPASS invalid username-password pair or user is disabled.'), /^refuses the user or the password$/],
    [reply("NOPERM this user has no permissions to run the 'eval' command"), /^does not allow this user what is needed; our keys, and the channel if any, are sluice:tls:\*$/],
    [reply("READONLY You can't write against a read only replica."), /^is a replica/],
    [reply("OOM command not allowed when used memory > 'maxmemory'."), /^is out of memory/],
    [reply('WRONGTYPE Operation against a key holding the wrong kind of value'), /^holds something else under a key of sluice:tls:$/],
    [reply('MOVED 3999 127.0.0.1:6381'), /^is one of a cluster, which is not supported/],
    [reply('ERR DB index is out of range'), new RegExp(`^${NO_SUCH_DATABASE.slice(0, 20)}`)],
    [reply('TRYAGAIN later'), /^answered with an error \(TRYAGAIN\)$/],
    [failure('ECONNREFUSED'), /^refuses the connection; is it running\?$/],
    [failure('ENOTFOUND'), /name that cannot be resolved$/],
    [failure('DEPTH_ZERO_SELF_SIGNED_CERT'), /certificate that is not trusted; start with NODE_EXTRA_CA_CERTS/],
    [failure('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), /not trusted/],
    [failure('EODD'), /^cannot be used \(EODD\)$/],
    [new Error('Command timed out'), /^did not answer in time$/],
    [new Error("Stream isn't writeable and enableOfflineQueue options is false"), /^is not connected$/],
    ['thrown', /^failed$/],
  ];
  for (const [error, words] of cases) t.match(redisProblem(error, 'sluice:tls:'), words);
});

await t.test('what the server quotes of a command is not repeated', async (t) => {
  const quoted = "ERR unknown command 'EVAL', with args beginning with: '-----BEGIN PRIVATE KEY-----";
  t.equal(redisProblem(reply(quoted), 'sluice:'), 'answered with an error (ERR)');
  t.equal(redisProblem(reply('-----BEGIN PRIVATE KEY-----'), 'sluice:'), 'answered with an error');
  t.notMatch(redisProblem(failure('ECONNRESET'), 'sluice:'), /secret/);
});
