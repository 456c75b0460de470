import t from 'tap';
import { parseSyslogAddress } from '../../src/config/syslog-address.ts';

await t.test('a server is a host with a port, or a socket', async (t) => {
  t.strictSame(parseSyslogAddress('udp://log.example.com:1514'), { transport: 'udp', host: 'log.example.com', port: 1514 });
  t.strictSame(parseSyslogAddress('udp://127.0.0.1'), { transport: 'udp', host: '127.0.0.1', port: 514 });
  t.strictSame(parseSyslogAddress('tcp://[::1]:601/'), { transport: 'tcp', host: '::1', port: 601 });
  t.strictSame(parseSyslogAddress('unix:/dev/log'), { transport: 'unix', path: '/dev/log' });
  t.strictSame(parseSyslogAddress('unix:///run/log.sock'), { transport: 'unix', path: '/run/log.sock' });
});

await t.test('anything else is refused with what would be right', async (t) => {
  for (const wrong of ['', 'log.example.com', 'http://a:1', 'tls://a:1', 'udp://', 'unix:', 'unix:log', 'udp://me:pw@a', 'udp://a/b', 'udp://a?b', 'udp://a:99999']) {
    t.throws(() => parseSyslogAddress(wrong), { name: 'RangeError', message: /write udp:\/\/host:514/ }, wrong);
  }
  t.throws(() => parseSyslogAddress(`unix:/${'x'.repeat(110)}`), /at most 107 bytes/);
});
