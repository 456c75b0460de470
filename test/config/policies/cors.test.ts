import t from 'tap';
import { checkBroken, loadText } from '../../helpers/config-text.ts';
import { faultsOfRoute, settingsOf } from '../../helpers/policies.ts';

function warnings(origin: string): string[] {
  return loadText(`routes: [{ respond: {}, cors: '${origin}' }]`).warnings.map(({ message }) => message);
}

await t.test('one origin is enough; everything else has a default', async (t) => {
  t.strictSame(settingsOf('cors: https://App.example.com:443').cors, {
    any: false,
    origins: { exact: ['https://app.example.com'], rules: [], patterns: [] },
    credentials: false,
    methods: 'GET, HEAD, POST, PUT, PATCH, DELETE',
    headers: null,
    exposeHeaders: '',
    maxAgeSeconds: 600,
    privateNetwork: false,
    keepUpstream: false,
    enforce: false,
  });
  t.equal(settingsOf('cors: off').cors, null);
  t.equal(settingsOf('').cors, null);
});

await t.test('every kind of origin finds its place', async (t) => {
  const { cors } = settingsOf('cors: ["null", "https://*.example.com:8443", "http://localhost:*", "~^https://pr-[0-9]+\\\\.example\\\\.com$", "capacitor://localhost"]');
  t.strictSame(cors?.origins, {
    exact: ['null', 'capacitor://localhost'],
    rules: [
      { scheme: 'https', host: 'example.com', below: true, port: '8443' },
      { scheme: 'http', host: 'localhost', below: false, port: '*' },
    ],
    patterns: ['^https://pr-[0-9]+\\.example\\.com$'],
  });
  t.match(settingsOf('cors: "*"').cors, { any: true, origins: { exact: [], rules: [], patterns: [] } });
});

await t.test('options become header values', async (t) => {
  const { cors } = settingsOf('cors: { origins: https://a.example, credentials: true, methods: [GET, PUT, GET], headers: [X-A, X-B], exposeHeaders: X-Total, maxAge: off, enforce: true }');
  t.match(cors, { credentials: true, methods: 'GET, PUT', headers: 'X-A, X-B', exposeHeaders: 'X-Total', maxAgeSeconds: 0, enforce: true });
});

await t.test('a route adds to what defaults say, and a list of its own takes the place of theirs', async (t) => {
  const { cors } = settingsOf('cors: { origins: https://b.example }', 'defaults: { cors: { origins: [https://a.example], credentials: true } }');
  t.match(cors, { credentials: true, origins: { exact: ['https://b.example'] } });
});

await t.test('threat: whoever takes everybody cannot take the cookies of their visitors', async (t) => {
  checkBroken(t, [
    ['routes: [{ respond: {}, cors: { origins: "*", credentials: »true } }]', 'every page', 'origins: [https://app.example.com]'],
    ['routes: [{ respond: {}, cors: { origins: "~.*", credentials: »true } }]', 'every page'],
    ['routes: [{ respond: {}, cors: { origins: "null", credentials: »true } }]', 'origin `null`', 'leave `credentials` out'],
    ['policies: { p: { cors: { credentials: »true } } }\nroutes: [{ respond: {}, use: p, cors: { origins: "*" } }]', 'every page'],
    ['routes: [{ respond: {}, cors: { origins: https://a.example, credentials: true, exposeHeaders: »"*" } }]', 'the name of a header'],
  ]);
  t.strictSame(faultsOfRoute('cors: { origins: ["https://*.example.com", "~https://[a-z]+\\\\.example\\\\.org"], credentials: true }'), []);
});

await t.test('what cannot be meant is refused at its place', async (t) => {
  checkBroken(t, [
    ['routes: [{ respond: {}, cors: »app.example.com }]', 'https://app.example.com'],
    ['routes: [{ respond: {}, cors: [»https://app.example.com/] }]', 'write `https://app.example.com`'],
    ['routes: [{ respond: {}, cors: »{} }]', '`origins` is missing'],
    ['routes: [{ respond: {}, cors: »true }]', 'not `true`'],
    ['routes: [{ respond: {}, cors: { origins: ["*", »https://a.example] } }]', 'says nothing'],
    ['routes: [{ respond: {}, cors: { »origin: https://a.example } }]', 'Did you mean `origins`?'],
    ['routes: [{ respond: {}, cors: { origins: https://a.example, methods: [»get] } }]', 'GET'],
  ]);
});

await t.test('a dot that is none is warned of', async (t) => {
  t.match(warnings('~https://app.example\\.com'), [/any character/]);
  t.strictSame(warnings('~https://.*\\.example\\.com'), []);
});
