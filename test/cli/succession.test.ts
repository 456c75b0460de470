import t from 'tap';
import { inherit, isOnlyOfContainer } from '../../src/cli/succession.ts';

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

await t.test('a container ends with its first process, and with the one that an init of a container has started', async (t) => {
  t.ok(isOnlyOfContainer({ pid: 1, ppid: 0 }, () => false));
  t.ok(isOnlyOfContainer({ pid: 7, ppid: 1 }, (file) => file === '/.dockerenv'));
  t.notOk(isOnlyOfContainer({ pid: 70, ppid: 7 }, (file) => file === '/.dockerenv'));
  t.notOk(isOnlyOfContainer({ pid: 700, ppid: 1 }, () => false), 'a service of systemd');
});
