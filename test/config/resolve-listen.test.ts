import t from 'tap';
import { checkBroken, configOf } from '../helpers/config-text.ts';

await t.test('an address that is listened on twice is an error at the second', async (t) => {
  checkBroken(t, [
    ['listen: { http: 80, https: »80 }', 'listened on twice', 'line 1'],
    ['listen:\n  http: [80, »"127.0.0.1:80"]', '[::]:80 and 127.0.0.1:80 overlap'],
    ['listen:\n  http: 9090\n  admin: »9090', 'listened on twice', 'line 2'],
  ]);
});

await t.test('limits and timeouts have their defaults one by one', async (t) => {
  const { limits, timeouts } = configOf('listen: { http: 80, limits: { headerSize: 8kb }, timeouts: { idle: off, body: 5s } }').listen;
  t.strictSame(limits, { headerBytesMax: 8192, headerCountMax: 100, connectionsMax: 10_000, connectionsPerAddressMax: 1000, streamsPerConnectionMax: 128 });
  t.strictSame(timeouts, { tlsHandshakeMs: 10_000, headerMs: 15_000, requestMs: 3_600_000, bodyMs: 5000, idleMs: 0, sendMs: 60_000 });
});
