import t from 'tap';
import { parseTarget } from '../../src/config/target.ts';

const PLAIN = { srv: false, weight: 1, backup: false };

await t.test('every form of a target is read', async (t) => {
  t.strictSame(parseTarget('api:8000'), { ...PLAIN, name: 'api:8000', secure: false, host: 'api', port: 8000, path: null });
  t.strictSame(parseTarget('http://API:8000'), { ...PLAIN, name: 'api:8000', secure: false, host: 'api', port: 8000, path: null });
  t.strictSame(parseTarget('https://api'), { ...PLAIN, name: 'https://api:443', secure: true, host: 'api', port: 443, path: null });
  t.strictSame(parseTarget('http://api'), { ...PLAIN, name: 'api:80', secure: false, host: 'api', port: 80, path: null });
  t.strictSame(parseTarget('[::1]:80'), { ...PLAIN, name: '[::1]:80', secure: false, host: '::1', port: 80, path: null });
  t.strictSame(parseTarget('unix:/run/a.sock'), { ...PLAIN, name: 'unix:/run/a.sock', secure: false, host: '', port: 0, path: '/run/a.sock' });
});

await t.test('SRV records say the port, and their name whether TLS is spoken', async (t) => {
  t.strictSame(parseTarget('srv:_http._tcp.API.example.com'), { ...PLAIN, name: 'srv:_http._tcp.api.example.com', secure: false, host: '_http._tcp.api.example.com', port: 0, path: null, srv: true });
  t.match(parseTarget('srv:_https._tcp.a.com'), { secure: true, srv: true });
  t.match(parseTarget('SRV:api.service.consul'), { name: 'srv:api.service.consul', secure: false, srv: true });
});

await t.test('what does not belong in a target is named', async (t) => {
  const cases: Readonly<Record<string, RegExp>> = {
    api: /port is missing: write `api:80`/,
    'http://api:80/x': /write `http:\/\/api:80`/,
    'api:80?x=1': /no path/,
    'http://u:p@api:80': /no user name/,
    'ws://api:80': /not supported/,
    'api:': /between 1 and 65535/,
    'api:0': /between 1 and 65535/,
    'api:99999': /not a port/,
    ':80': /host is missing/,
    '::1': /brackets/,
    '[api]:80': /not a host name/,
    'srv:_http._tcp.a.com:80': /write `srv:_http._tcp.a.com`/,
    'srv://a.com': /write `srv:a.com`/,
    'srv:a.com/x': /write `srv:a.com`/,
    'srv:10.0.0.1': /no SRV records: write `10.0.0.1:80`/,
    'srv:': /followed by a name alone/,
    'srv:[::1]:80': /followed by a name alone/,
    'a..b:80': /not a host name/,
    'a b:80': /not a host name/,
    'unix:run/a.sock': /absolute/,
    [`unix:/${'x'.repeat(200)}`]: /107 bytes/,
  };
  for (const [text, message] of Object.entries(cases)) t.throws(() => parseTarget(text), { name: 'RangeError', message }, text);
});
