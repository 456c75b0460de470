import t from 'tap';
import { type OriginList, OriginSet, parseOrigin } from '../../src/lib/origin-set.ts';

function verdicts(list: Partial<OriginList>, origins: readonly string[]): boolean[] {
  const set = new OriginSet({ exact: [], rules: [], patterns: [], ...list });
  // Twice: the second time from what is remembered.
  for (const origin of origins) set.has(origin);
  return origins.map((origin) => set.has(origin));
}

await t.test('exact origins are compared whole', async (t) => {
  t.strictSame(verdicts({ exact: ['https://a.test', 'null'] }, ['https://a.test', 'null', 'https://a.test:443', 'https://a.test.evil.test', 'http://a.test', 'https://A.test', '']), [true, true, false, false, false, false, false]);
});

await t.test('threat: a wildcard takes names below its host, and nothing that only looks like one', async (t) => {
  const rules = [{ scheme: 'https', host: 'example.com', below: true, port: '' }];
  t.strictSame(verdicts({ rules }, ['https://a.example.com', 'https://a.b.example.com']), [true, true]);
  const strangers = [
    'https://example.com', 'https://.example.com', 'https://evilexample.com', 'http://a.example.com', 'https://a.example.com:8443', 'https://a.example.com.evil.test',
    'https://evil.test/.example.com', 'https://evil.test#.example.com', 'https://evil.test@a.example.com', 'https://evil.test`.example.com', 'https://evil.test, https://a.example.com', 'null', 'https://a.example.com ',
  ];
  t.strictSame(verdicts({ rules }, strangers), strangers.map(() => false));
});

await t.test('a port is one, or any', async (t) => {
  const rule = { scheme: 'http', host: 'localhost', below: false };
  const origins = ['http://localhost', 'http://localhost:3000', 'http://localhost:3001', 'http://a.localhost:3000'];
  t.strictSame(verdicts({ rules: [{ ...rule, port: '*' }] }, origins), [true, true, true, false]);
  t.strictSame(verdicts({ rules: [{ ...rule, port: '3000' }] }, origins), [false, true, false, false]);
});

await t.test('threat: an expression matches the whole origin, anchored or not, and never null', async (t) => {
  const origins = ['https://pr-1.example.com', 'https://pr-1.example.com.evil.test', 'https://evil.test/https://pr-1.example.com', 'null', 'xhttps://pr-1.example.com'];
  for (const source of ['^https://pr-[0-9]+\\.example\\.com$', 'https://pr-[0-9]+\\.example\\.com', 'https://pr-[0-9]+\\.example\\.com|https://other']) {
    t.strictSame(verdicts({ patterns: [source] }, origins), [true, false, false, false, false], source);
  }
  t.strictSame(verdicts({ patterns: ['.*'] }, ['null', 'https://a.test', `https://${'a'.repeat(400)}`]), [false, true, false]);
});

await t.test('more origins than are remembered are judged all the same', async (t) => {
  const set = new OriginSet({ exact: [], rules: [{ scheme: 'https', host: 'a.test', below: true, port: '' }], patterns: [] });
  const wrong = Array.from({ length: 3000 }, (_, i) => i).filter((i) => set.has(`https://n${i}.evil.test`) || !set.has(`https://n${i}.a.test`));
  t.strictSame(wrong, []);
});

await t.test('the parts of an origin', async (t) => {
  t.strictSame(parseOrigin('https://a.test:8443'), { scheme: 'https', host: 'a.test', port: '8443' });
  t.strictSame(parseOrigin('http://[::1]'), { scheme: 'http', host: '[::1]', port: '' });
  t.strictSame([parseOrigin('null'), parseOrigin('https://a.test/'), parseOrigin('')], [null, null, null]);
});
