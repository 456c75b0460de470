import t from 'tap';
import { hasLooseDot, parseOriginPattern, takesEveryOrigin } from '../../src/config/origin-pattern.ts';

await t.test('an origin is read as browsers write it', async (t) => {
  const cases: Readonly<Record<string, string>> = {
    'https://app.example.com': 'https://app.example.com',
    'HTTPS://App.Example.COM:443': 'https://app.example.com',
    'http://localhost:80': 'http://localhost',
    'http://localhost:3000': 'http://localhost:3000',
    'http://[::1]:3000': 'http://[::1]:3000',
    'https://münchen.example': 'https://xn--mnchen-3ya.example',
    'chrome-extension://abcdef': 'chrome-extension://abcdef',
    'null': 'null',
  };
  for (const [text, origin] of Object.entries(cases)) t.strictSame(parseOriginPattern(text), { kind: 'exact', origin }, text);
});

await t.test('wildcards and expressions', async (t) => {
  t.strictSame(parseOriginPattern('*'), { kind: 'any' });
  t.strictSame(parseOriginPattern('https://*.Example.com'), { kind: 'rule', rule: { scheme: 'https', host: 'example.com', below: true, port: '' } });
  t.strictSame(parseOriginPattern('http://127.0.0.1:*'), { kind: 'rule', rule: { scheme: 'http', host: '127.0.0.1', below: false, port: '*' } });
  t.strictSame(parseOriginPattern('~https://a|https://b'), { kind: 'regex', source: 'https://a|https://b' });
});

await t.test('what is no origin is refused with what would be one', async (t) => {
  const cases: Readonly<Record<string, RegExp>> = {
    'example.com': /write `https:\/\/example\.com`/,
    '*.example.com': /write `https:\/\/\*\.example\.com`/,
    'https://example.com/': /write `https:\/\/example\.com`/,
    'https://example.com:8443/app?x': /write `https:\/\/example\.com:8443`/,
    'https://*': /`https:\/\/\*\.example\.com`/,
    'https://*:8443': /below one of yours/,
    'https://app.*.com': /first label/,
    'https://user@example.com': /not a host name/,
    'https://example.com:99999': /not a port/,
    'https://': /not a host name/,
    'data://a b': /not an origin/,
    '~': /empty/,
    '~(?=a)': /look-ahead/,
    '~\\Qhttps://a': /not valid/,
  };
  for (const [text, message] of Object.entries(cases)) t.throws(() => parseOriginPattern(text), { name: 'RangeError', message }, text);
});

await t.test('an expression that takes everybody is found out, and a dot that means any character', async (t) => {
  t.strictSame(['.*', 'https://.+', '(?i)https?://.*', '^https://[a-z.]+\\.example\\.com$', 'https://a'].map(takesEveryOrigin), [true, true, true, false, false]);
  t.strictSame(['a.com', 'a\\.com', '.*\\.com', '[.]com', '[^.]+', 'a.', '.{3}'].map(hasLooseDot), [true, false, false, false, false, true, false]);
});
