import t from 'tap';
import { isRedisUrl, parseRedisUrl } from '../../src/config/redis-url.ts';

await t.test('port and database are filled in', async (t) => {
  const cases = [
    ['redis://host', 'redis://host:6379/0'],
    ['redis://host:6380/2', 'redis://host:6380/2'],
    ['rediss://:p%2Fw@host', 'rediss://:p%2Fw@host:6379/0'],
    ['redis://user:pw@[::1]:6379/', 'redis://user:pw@[::1]:6379/0'],
  ];
  for (const [text = '', url] of cases) t.equal(parseRedisUrl(text), url);
});

await t.test('what is wrong is said without repeating the password', async (t) => {
  for (const text of ['redis://', 'redis:host', 'redis://:geheim@', 'redis://:ge/heim@host', 'redis://:geheim@host/zero', 'redis://:geheim@host/70000', 'redis://:geheim@host?db=1', 'redis://:geheim@host#a', 'redis://:geheim@host:x', 'http://geheim']) {
    t.throws(() => parseRedisUrl(text), { name: 'RangeError', message: /^(?!.*heim)[^]*redis:\/\/host:6379\/0/ }, text);
  }
});

await t.test('what looks like a Redis URL is meant as one', async (t) => {
  for (const text of ['redis:', 'rediss://x', 'REDIS://x']) t.ok(isRedisUrl(text), text);
  for (const text of ['certs', '/redis', 'redis', './redis:']) t.notOk(isRedisUrl(text), text);
});
