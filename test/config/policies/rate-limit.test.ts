import t from 'tap';
import { checkBroken, configOf } from '../../helpers/config-text.ts';
import { faultsOfRoute, settingsOf } from '../../helpers/policies.ts';

const TEN = { name: '10/min', requests: 10, periodMs: 60_000, burst: 9 };
const HUNDRED = { name: '100/hour', requests: 100, periodMs: 3_600_000, burst: 99 };
const ADDRESS = { of: 'address', name: '' };

function burstsOf(options: string): unknown {
  return settingsOf(`rateLimit: ${options}`).rateLimit?.keyed[0]?.windows.map(({ burst }) => burst);
}

await t.test('a rate, a list of rates and the long form', (t) => {
  t.strictSame(settingsOf('rateLimit: 10/min').rateLimit, {
    keyed: [{ key: ADDRESS, windows: [TEN] }], zone: null, allow: [], mode: 'reject', queueMax: 100, fields: true, dryRun: false,
  });
  t.strictSame(settingsOf('rateLimit: [10/min, 100/hour]').rateLimit?.keyed, [{ key: ADDRESS, windows: [TEN, HUNDRED] }]);
  t.strictSame(settingsOf('rateLimit: { limits: [10/min, 100/hour], key: header:X-Tenant }').rateLimit?.keyed, [{ key: { of: 'header', name: 'x-tenant' }, windows: [TEN, HUNDRED] }]);
  t.strictSame(['off', 'false', 'true'].map((word) => settingsOf(`rateLimit: { limits: 10/min, fields: ${word} }`).rateLimit?.fields), [false, false, true]);
  t.equal(settingsOf('rateLimit: off').rateLimit, null);
  t.equal(settingsOf('').rateLimit, null);
  t.end();
});

await t.test('a burst stands beside a single limit, or in each of several', (t) => {
  t.strictSame(burstsOf('{ limits: 10/min, burst: 20 }'), [20]);
  t.strictSame(burstsOf('{ limits: [10/min], burst: 0 }'), [0]);
  t.strictSame(burstsOf('{ limits: { rate: 10/min, burst: 20 } }'), [20]);
  t.strictSame(burstsOf('{ limits: [{ rate: 10/min, burst: 20 }, 100/hour] }'), [20, 99]);
  t.end();
});

await t.test('further limits have keys of their own, and names that no other has', (t) => {
  const { keyed = [] } = settingsOf('rateLimit: { limits: 10/min, also: [{ limits: [10/min, 100/hour], key: route }, { limits: 10/min, burst: 2, key: global }] }').rateLimit ?? {};
  t.strictSame(keyed.map(({ key: { of } }) => of), ['address', 'route', 'global']);
  t.strictSame(keyed.flatMap(({ windows }) => windows.map(({ name }) => name)), ['10/min', '10/min (2)', '100/hour', '10/min (3)']);
  t.end();
});

await t.test('what a route says counts before sets and defaults, option by option', (t) => {
  const config = configOf(`
defaults: { rateLimit: { limits: 100/min, allow: 10.0.0.0/8 } }
routes:
  - { path: /a, respond: {} }
  - { path: /b, respond: {}, rateLimit: 10/min }
  - { path: /c, respond: {}, rateLimit: off }`);
  t.strictSame(config.routes.map(({ policies: { rateLimit } }) => rateLimit?.keyed[0]?.windows[0]?.name), ['100/min', '10/min', undefined]);
  t.strictSame(config.routes[1]?.policies.rateLimit?.allow, ['10.0.0.0/8']);
  t.end();
});

await t.test('a burst and a queue belong to what they were written with, so other limits, and another mode, do not inherit them', (t) => {
  const config = configOf(`
defaults: { rateLimit: { limits: { rate: 20/s, burst: 100 }, mode: delay, queue: 7 } }
policies: { a: { rateLimit: { limits: 20/s, burst: 100 } } }
routes:
  - { path: /a, respond: {}, use: a }
  - { path: /b, respond: {}, use: a, rateLimit: 5/min }
  - { path: /c, respond: {}, use: a, rateLimit: [5/min, 9/min] }
  - { path: /d, respond: {}, rateLimit: { limits: { rate: 5/min }, mode: reject } }
  - { path: /e, respond: {}, use: a, rateLimit: { burst: 3 } }`);
  t.strictSame(config.routes.map(({ policies: { rateLimit } }) => rateLimit?.keyed[0]?.windows.map(({ burst }) => burst)), [[100], [4], [4, 8], [4], [3]]);
  t.strictSame(config.routes.map(({ policies: { rateLimit } }) => rateLimit?.queueMax), [7, 7, 7, 100, 7]);
  t.end();
});

await t.test('what cannot be meant is refused at its place', async (t) => {
  checkBroken(t, [
    ['routes: [{ respond: {}, rateLimit: »{ burst: 20 } }]', 'how many requests', 'limits: 10/min'],
    ['routes: [{ respond: {}, rateLimit: { limits: [10/min, 100/hour], »burst: 20 } }]', 'several limits', '{ rate: 10/min, burst: 20 }'],
    ['routes: [{ respond: {}, rateLimit: { limits: { rate: 10/min, burst: »5 }, burst: 20 } }]', 'of its own'],
    ['routes: [{ respond: {}, rateLimit: { limits: 10/min, also: [»{ key: route }] } }]', 'how many requests'],
    ['routes: [{ respond: {}, rateLimit: { limits: 10/min, key: »apikey } }]', 'apiKey'],
    ['routes: [{ respond: {}, rateLimit: { limits: 10/min, »queue: 5 } }]', 'mode: delay'],
    ['routes: [{ respond: {}, rateLimit: { limits: »1000/day, mode: delay } }]', '5 minutes', '`burst`'],
    ['routes: [{ respond: {}, rateLimit: { limits: 10/min, »brust: 5 } }]', 'burst'],
    ['routes: [{ respond: {}, rateLimit: { limits: 10/min, allow: »10.0.0.0/99 } }]', 'prefix length'],
  ]);
  t.match(faultsOfRoute('rateLimit: 10r/m'), [/rate/]);
  t.match(faultsOfRoute('rateLimit: [1/s, 2/s, 3/s, 4/s, 5/s, 6/s, 7/s]'), [/rate|6/]);
});

await t.test('a key by identity needs something that says who a client is', async (t) => {
  checkBroken(t, [
    ['routes: [{ respond: {}, rateLimit: { limits: 10/min, key: »apiKey } }]', 'no `apiKey`', 'Configure `apiKey`'],
    ['routes: [{ respond: {}, rateLimit: { limits: 10/min, key: »jwt:sub } }]', 'no `jwt`'],
    ['routes: [{ respond: {}, rateLimit: { limits: 10/min, also: [{ limits: 1/s, key: »user }] } }]', 'who a client is', '`basic`'],
  ]);
  const secret = 'q8Zk2mXv0sTj4bYw9nRc6eLf1hUa7pGd';
  t.strictSame(settingsOf(`jwt: { secret: ${secret} }, rateLimit: { limits: 10/min, key: jwt:sub }`).rateLimit?.keyed[0]?.key, { of: 'jwt', name: 'sub' });
  t.strictSame(settingsOf(`jwt: { secret: ${secret} }`, 'defaults: { rateLimit: { limits: 10/min, key: user } }').rateLimit?.keyed[0]?.key, { of: 'user', name: '' }, 'for defaults it is enough that each route has it');
});
