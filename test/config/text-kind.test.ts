import t from 'tap';
import { TEXT_KINDS, type TextKind } from '../../src/config/text-kind.ts';

const KINDS: readonly (readonly [name: string, kind: TextKind])[] = Object.entries(TEXT_KINDS);

/** One text of each kind that is right and one that is wrong. */
const EXAMPLES: Readonly<Record<keyof typeof TEXT_KINDS, readonly [right: string, wrong: string]>> = {
  duration: ['1h30m', 'off'],
  durationOrOff: ['off', '10'],
  durationOfWindow: ['10s', '11s'],
  guardTime: ['30s', '1s'],
  multiple: ['1.5x', '2'],
  percent: ['20%', '20'],
  keptBodySize: ['64KB', '17MB'],
  bodySize: ['20MB', '20'],
  headerSize: ['32KB', '2MB'],
  listenAddress: ['80', 'x'],
  adminAddress: ['off', 'on'],
  cidr: ['10.0.0.0/8', '10'],
  target: ['api:80', 'api'],
  upstreamOrTarget: ['api', '10.0.0.1'],
  upstreamName: ['api-1', 'a b'],
  policySetName: ['public-api', 'public api'],
  routeName: ['orders (old)', 'a"b'],
  host: ['a.com', 'a.com:80'],
  path: ['/a/*', 'a'],
  pathPrefix: ['/a', '/a/'],
  method: ['GET', 'get'],
  matchedHeaderName: ['X-A', 'Host'],
  answerHeaderName: ['X-A', 'Upgrade'],
  sentHeaderName: ['X-A', 'Host'],
  identityHeaderName: ['X-User', 'Authorization'],
  headerValue: ['a', 'a\n'],
  requestHeaderName: ['X-A', 'X_Forwarded_For'],
  durationOfHsts: ['0s', '1500ms'],
  cspDirective: ['script-src', 'scripts'],
  cspKey: ['reportOnly', 'report'],
  cspSources: ['self https://cdn.example.com', 'self; img-src *'],
  permissionsFeature: ['display-capture', 'Camera'],
  permissionsOrigin: ['https://app.example.com', 'app.example.com'],
  errorStatus: ['5xx', '200'],
  errorPageKey: ['intercept', '40x'],
  origin: ['https://*.example.com', 'example.com'],
  cachePath: ['*.{css,js}', 'assets'],
  cacheAge: ['1y', 'off'],
  regex: ['^a$', '(?=a)'],
  redirectTo: ['/a', 'a'],
  exactPath: ['/health?a=b', 'health'],
  statusRange: ['200-399', '100-399'],
  hashKey: ['header:X-A', 'header'],
  rate: ['100/15m', '10/m'],
  limitKey: ['jwt:sub', 'path'],
  tokenPlace: ['cookie:session', 'body'],
  cookieName: ['a', 'a;b'],
  secret: ['0123456789abcdef', '0123456789abcde'],
  retryCondition: ['5xx', '4xx'],
  hedgeDelay: ['p95', 'p10'],
  dnsServer: ['127.0.0.1:5353', 'localhost'],
  sentHost: ['a.com:80', '*.a.com'],
  hostHeader: ['shop.example.com:8080', '*.example.com'],
  serverName: ['a.com', '[::1]'],
  file: ['a.pem', ''],
  store: ['redis://:secret@host/0', 'redis://host/a'],
  limitStore: ['memory', 'redis'],
  caName: ['letsencrypt', 'acme-ca'],
  email: ['ops@example.com', 'ops'],
  httpsUrl: ['https://ca.example.com/directory', 'http://ca.example.com/directory'],
  httpUrl: ['http://app:8000/ask?a=b', 'ftp://app/ask'],
  label: ['our CA', ''],
  mediaTypePattern: ['text/*', '*/*'],
  word: ['--zone=example.com', ''],
  apiKeyName: ['mobile-app', 'mobile app'],
  apiKeyHash: [`sha256:${'0123456789abcdef'.repeat(4)}`, '0123456789abcdef'.repeat(4)],
  apiKeyLine: [`mobile sha256:${'0123456789abcdef'.repeat(4)} roles=a,b expires=2027-01-31 limit=10/s`, 'mobile slk_0123'],
  expiry: ['2027-01-31', '2027-02-30'],
  passwordHash: [`$2y$12$${'a'.repeat(53)}`, 'secret'],
  logTemplate: ['$remote_addr "$request"', '$remote_adr'],
  loggedHeader: ['X-Tenant', 'Authorization'],
  logSize: ['100MB', '100'],
  logBuffer: ['4MB', '1KB'],
  syslogAddress: ['udp://log.example.com:514', 'http://log.example.com'],
  syslogName: ['sluice', 'a b'],
  maskName: ['employee', 'a b'],
  hmacKey: ['zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W', 'a+b/'],
};

await t.test('each kind tells right from wrong, by a RangeError only', async (t) => {
  for (const [name, kind] of KINDS) {
    const [right, wrong] = Object.entries(EXAMPLES).find(([key]) => key === name)?.[1] ?? ['', ''];
    t.doesNotThrow(() => kind.check(right), name);
    t.throws(() => kind.check(wrong), { name: 'RangeError' }, name);
  }
});

await t.test('the pattern of a kind, for editors, allows what the kind allows', async (t) => {
  for (const [name, { pattern, check }] of KINDS) {
    if (pattern === undefined) continue;
    for (const text of ['1h30m', '10s', 'off', '32KB', '512b', '64kib', '10', '0%', '0.5%', '100%', 'address', 'path', 'header:X-A', 'cookie:a', 'query:a b', 'connect', '5xx', '404', 'p50', 'p99.99', 'x', '']) {
      const isRight = ((): boolean => {
        try {
          check(text);
          return true;
        } catch {
          return false;
        }
      })();
      if (isRight) t.match(text, new RegExp(pattern), `${name}: ${text}`);
    }
  }
});
