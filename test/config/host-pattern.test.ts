import t from 'tap';
import { parseHostPattern } from '../../src/config/host-pattern.ts';
import { parseHost } from '../../src/request/host.ts';

await t.test('a host becomes what a canonical request host is', async (t) => {
  const cases: Readonly<Record<string, string>> = {
    'App.Example.COM': 'app.example.com',
    '*.Example.com': '*.example.com',
    'bücher.example': 'xn--bcher-kva.example',
    '127.0.0.1': '127.0.0.1',
    '[0:0::1]': '[::1]',
    my_service: 'my_service',
  };
  for (const [text, host] of Object.entries(cases)) t.equal(parseHostPattern(text), host, text);
  for (const host of ['app.example.com', '127.0.0.1', '[0:0::1]', '[2001:DB8::1]']) t.equal(parseHostPattern(host), parseHost(host).host, host);
});

await t.test('what is no host is refused with what would be right', async (t) => {
  const cases: Readonly<Record<string, RegExp>> = {
    'a.com:80': /no port: write `a.com`/,
    'a.com.': /no dot at its end: write `a.com`/,
    'a.com/x': /no path: write `a.com`/,
    'https://a.com:1/x': /no scheme: write `a.com`/,
    '*': /leave `host` out/,
    'a.*': /first label/,
    '*.*.com': /first label/,
    '*a.com': /first label/,
    '*.127.0.0.1': /no subdomains/,
    '::1': /brackets: `\[::1\]`/,
    '[::1]:80': /no port: write `\[::1\]`/,
    '[x]': /not an IPv6 address/,
    'a..b': /not a host name/,
    '-a.com': /not a host name/,
    'a b': /not a host name/,
    '': /not a host name/,
    [`${'a'.repeat(64)}.com`]: /not a host name/,
    [`${'a.'.repeat(130)}com`]: /not a host name/,
  };
  for (const [text, message] of Object.entries(cases)) t.throws(() => parseHostPattern(text), { name: 'RangeError', message }, text);
});
