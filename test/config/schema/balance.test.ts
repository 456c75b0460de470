import t from 'tap';
import { checkBroken, faultsOf, loadText, withUpstream } from '../../helpers/config-text.ts';

await t.test('what is wrong in `balance` is said at its place', async (t) => {
  checkBroken(t, [
    [withUpstream('balance: »least-con'), 'round-robin, least-conn, random-two', 'Did you mean `least-conn`?'],
    [withUpstream('balance: »5'), '{ hash: address }'],
    [withUpstream('balance: { »hsh: address }'), 'Did you mean `hash`?'],
    [withUpstream('balance: { hash: »ip }'), '`ip` cannot be hashed', '`address`'],
    [withUpstream('balance: { hash: »header }'), 'write `header:NAME`'],
    [withUpstream('balance: { sticky: { »cookies: a } }'), 'Did you mean `cookie`?'],
    [withUpstream('balance: { sticky: { cookie: »"a b" } }'), 'not the name of a cookie'],
    [withUpstream('balance: { sticky: { over: »hash } }'), 'one of round-robin, least-conn and random-two'],
    [withUpstream('balance: { sticky: { over: »{ hash: address } } }'), 'one of round-robin, least-conn and random-two'],
    [withUpstream('balance: { sticky: { ttl: »off } }'), 'must have an end'],
  ]);
});

await t.test('a secret that is too short is refused without being shown', async (t) => {
  checkBroken(t, [[withUpstream('balance: { sticky: { secret: »0123456789abcde } }'), 'at least 16 characters', 'openssl rand']]);
  const [fault] = faultsOf(() => loadText(withUpstream('balance: { sticky: { secret: "${S}" } }'), { env: { S: 'hunter2' } }));
  t.match(fault?.message, /at least 16 characters/);
  t.notMatch(JSON.stringify(fault), /hunter2/);
});
