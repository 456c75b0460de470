import t from 'tap';
import { inherit } from '../../src/cli/succession.ts';

await t.test('what was handed down is taken out of the environment, so that no child takes it for its own', async (t) => {
  const env = { PATH: '/bin', SLUICE_HANDED_DOWN: 'x', SLUICE_HANDED_SECRET: 'abcd', LISTEN_PID: '1', LISTEN_FDS: '1', LISTEN_FDNAMES: 'http' };
  const { sockets, secret } = inherit(env, 2);
  t.strictSame([sockets, secret], [[], Buffer.from('abcd', 'hex')]);
  t.strictSame(env, { PATH: '/bin' });
});

await t.test('a process that nobody was before has nothing to announce', async (t) => {
  const { sockets, secret, announce } = inherit({}, 2);
  t.strictSame([sockets, secret], [[], null]);
  t.doesNotThrow(announce);
});
