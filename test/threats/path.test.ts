import * as fc from 'fast-check';
import t, { type Test } from 'tap';
import { connectH2, requestH2 } from '../helpers/h2-client.ts';
import { startGateway } from '../helpers/gateway.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { RawHttp2Client } from '../helpers/raw-http2.ts';
import { startRecordingUpstream, type RecordingUpstream } from '../helpers/recording-upstream.ts';

/** What the client is told about which route took its request: the route of `/admin/*` sends it to the upstream `admin`. */
interface Outcome {
  readonly status: number;
  readonly upstream: 'admin' | 'open' | '';
  /** The path that the upstream saw; '' where none did. */
  readonly path: string;
}

interface Scene {
  ask(target: string, host?: string): Promise<Outcome>;
}

/** Two upstreams behind two routes, of which one is the exception of the other, and one client connection that is kept. */
async function stage(t: Test, adminKeys = ''): Promise<Scene> {
  const [admin, open] = [await startRecordingUpstream(t), await startRecordingUpstream(t)];
  const gateway = await startGateway(t, `routes: [{ path: /admin/*, upstream: "${admin.target}" ${adminKeys} }, { upstream: "${open.target}" }]`);
  let client: RawClient | null = null;
  t.teardown(() => client?.destroy());
  return {
    async ask(target, host = 'a.test') {
      if (client === null || client.socket.destroyed || client.error !== null) client = await RawClient.connect({ port: gateway.httpPort });
      const before = [admin.seen.length, open.seen.length];
      client.write(Buffer.from(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`, 'latin1'));
      const { status, headers } = await client.readResponse();
      if (headers['connection'] === 'close') await client.closed;
      return { status, ...taken(admin, open, before) };
    },
  };
}

function taken(admin: RecordingUpstream, open: RecordingUpstream, [adminBefore = 0, openBefore = 0]: readonly number[]): Omit<Outcome, 'status'> {
  const [ofAdmin, ofOpen] = [admin.seen.slice(adminBefore), open.seen.slice(openBefore)];
  if (ofAdmin.length + ofOpen.length > 1) throw new Error('one request became two');
  const path = [...ofAdmin, ...ofOpen][0]?.target ?? '';
  return { upstream: ofAdmin.length > 0 ? 'admin' : ofOpen.length > 0 ? 'open' : '', path };
}

const TRICKS: readonly (readonly [target: string, upstream: Outcome['upstream'], path: string])[] = [
  ['/admin', 'admin', '/admin'],
  ['/admin/', 'admin', '/admin/'],
  ['/admin/x?a=/../b', 'admin', '/admin/x?a=/../b'],
  ['//admin/x', 'admin', '/admin/x'],
  ['///admin//x', 'admin', '/admin/x'],
  ['/./admin/x', 'admin', '/admin/x'],
  ['/x/../admin/x', 'admin', '/admin/x'],
  ['/x/%2e%2e/admin/x', 'admin', '/admin/x'],
  ['/x/.%2E/admin/x', 'admin', '/admin/x'],
  ['/%61dmin/x', 'admin', '/admin/x'],
  ['/%61%64%6d%69%6E', 'admin', '/admin'],
  ['/admin/../x', 'open', '/x'],
  ['/admin/%2e%2e/x', 'open', '/x'],
  ['/admin/..', 'open', '/'],
  ['/admin../x', 'open', '/admin../x'],
  ['/admin..', 'open', '/admin..'],
  ['/adminx', 'open', '/adminx'],
  ['/ADMIN/x', 'open', '/ADMIN/x'],
  ['/x;jsessionid=1', 'open', '/x;jsessionid=1'],
  ['/admin/x;v=1', 'admin', '/admin/x;v=1'],
  ['/100%25', 'open', '/100%25'],
  ['/x/a%2520b', 'open', '/x/a%2520b'],
  ['/admin/a%2541', 'admin', '/admin/a%2541'],
  ['/caf%c3%a9', 'open', '/caf%C3%A9'],
  ['/a"<>[]^`{|}', 'open', '/a%22%3C%3E%5B%5D%5E%60%7B%7C%7D'],
  ['http://a.test/admin/x', 'admin', '/admin/x'],
  ['http://a.test//admin', 'admin', '/admin'],
  ['http://a.test', 'open', '/'],
  ['http://a.test?x', 'open', '/?x'],
  ['/?/../admin', 'open', '/?/../admin'],
];

const REFUSED: readonly string[] = [
  '/..', '/../admin', '/x/../../admin', '/%2e%2e/admin', '/x/%2e%2e/%2e%2e/admin',
  '/%252e%252e/admin', '/x/%252e%252e/admin', '/x/%25%32%65%25%32%65/admin', '/x%252fadmin', '/x/%25252e%25252e/admin',
  '/admin%2fx', '/admin%2Fx', '/x%2f..%2fadmin', '/x/..%2fadmin', '/%2fadmin',
  '/admin%5cx', '/x/..%5cadmin', '/admin\\x', '/x\\..\\admin', '\\admin',
  '/%2561dmin', '/%252561dmin/x', '/admi%256E', '/admin%253bx', '/%3bx/admin', '/x/..%253b/admin',
  '/admin;x/y', '/admin;/y', '/admin;x', '/admin%3bx/y', '/;/admin', '/x/..;/admin', '/x/..;x=1/admin', '/x/%2e%2e;/admin', '/..;/admin',
  '/admin%00', '/admin%00.png', '/%00admin', '/admin%0a', '/admin%0d%0aX:%20y', '/admin%7f', '/admin%09',
  '/%c0%ae%c0%ae/admin', '/%c0%afadmin', '/%e0%80%afadmin', '/admin%ff', '/%c3', '/%ed%a0%80',
  '/admin%', '/admin%2', '/admin%zz', '/%u0061dmin', '/admin#x', '/x?a#b', '/\xe9',
  'admin', '%2fadmin', '*', '?/admin', 'http:/a.test/admin', 'http:///admin', 'ftp://a.test/admin', 'javascript://a.test/admin', 'a.test:80',
];

await t.test('a path has one spelling, by which its route is found and which the upstream gets to see', async (t) => {
  const scene = await stage(t);
  for (const [target, upstream, path] of TRICKS) t.strictSame(await scene.ask(target), { status: 200, upstream, path }, target);
});

await t.test('what readers do not agree on is refused and reaches no upstream', async (t) => {
  const scene = await stage(t);
  for (const target of REFUSED) t.strictSame(await scene.ask(target), { status: 400, upstream: '', path: '' }, JSON.stringify(target));
});

await t.test('a prefix is taken away and put before the path that was routed, not the one that was sent', async (t) => {
  const stripped = await stage(t, ', stripPrefix: /admin');
  const moved = await stage(t, ', stripPrefix: /admin, addPrefix: /v1');
  const cases: readonly (readonly [target: string, stripped: string, moved: string])[] = [
    ['/admin', '/', '/v1'],
    ['/admin/', '/', '/v1/'],
    ['/admin/x', '/x', '/v1/x'],
    ['/admin//x', '/x', '/v1/x'],
    ['/%61dmin/x', '/x', '/v1/x'],
    ['/admin/admin/x', '/admin/x', '/v1/admin/x'],
    ['/admin/x/../y', '/y', '/v1/y'],
    ['/admin/..%20/x', '/..%20/x', '/v1/..%20/x'],
    ['/admin/.../x', '/.../x', '/v1/.../x'],
    ['/admin/x?next=/admin', '/x?next=/admin', '/v1/x?next=/admin'],
  ];
  for (const [target, path, other] of cases) {
    t.strictSame(await stripped.ask(target), { status: 200, upstream: 'admin', path }, `${target} without its prefix`);
    t.strictSame(await moved.ask(target), { status: 200, upstream: 'admin', path: other }, `${target} with another prefix`);
  }
});

await t.test('a rewrite cannot be made to leave the path it was meant for', async (t) => {
  const scene = await stage(t, `, stripPrefix: /admin, addPrefix: /files, rewrite: { pattern: "[+]|%20", with: "" }`);
  t.strictSame(await scene.ask('/admin/a+b'), { status: 200, upstream: 'admin', path: '/files/ab' });
  for (const target of ['/admin/.+./secret', '/admin/.%20./secret', '/admin/%20../secret', '/admin/+.+/secret', '/admin/.+.;/secret']) {
    t.strictSame(await scene.ask(target), { status: 400, upstream: '', path: '' }, target);
  }
  t.strictSame(await scene.ask('/admin/+/secret'), { status: 200, upstream: 'admin', path: '/files/secret' }, 'an empty segment is none');
});

await t.test('a regular expression and an ending see the same path as a prefix', async (t) => {
  const [styles, users, open] = [await startRecordingUpstream(t), await startRecordingUpstream(t), await startRecordingUpstream(t)];
  const gateway = await startGateway(t, `routes:
  - { path: "/*.css", upstream: "${styles.target}" }
  - { path: "~^/users/[0-9]+$", upstream: "${users.target}" }
  - { upstream: "${open.target}" }`);
  const client = await RawClient.connect({ port: gateway.httpPort });
  t.teardown(() => client.destroy());
  const ask = async (target: string): Promise<number> => (await client.write(`GET ${target} HTTP/1.1\r\nHost: a.test\r\n\r\n`).readResponse()).status;
  for (const target of ['/a.css', '/a.%63ss', '/a%2ecss', '/x/../a.CSS', '/users/1', '//users/%31', '/account', '/account/a.cssx']) t.equal(await ask(target), 200, target);
  // A cache that stores `*.css` and an upstream that drops `;x.css` would together publish the account of whoever was sent there.
  for (const target of ['/account;x.css', '/account%3bx.css', '/users/1;x', '/users;/1']) t.equal(await ask(target), 400, target);
  t.strictSame(styles.seen.map(({ target }) => target), ['/a.css', '/a.css', '/a.css', '/a.CSS']);
  t.strictSame(users.seen.map(({ target }) => target), ['/users/1', '/users/1']);
  t.strictSame(open.seen.map(({ target }) => target), ['/account', '/account/a.cssx']);
});

await t.test('HTTP/2: the :path has the same one spelling', async (t) => {
  const [admin, open] = [await startRecordingUpstream(t), await startRecordingUpstream(t)];
  const gateway = await startGateway(t, `routes: [{ path: /admin/*, upstream: "${admin.target}" }, { upstream: "${open.target}" }]`, { https: true });
  const session = await connectH2(t, gateway.httpsPort, gateway.ca);
  for (const [target, upstream, path] of TRICKS.filter(([target]) => target.startsWith('/'))) {
    const before = [admin.seen.length, open.seen.length];
    const { status } = await requestH2(session, { ':path': target });
    t.strictSame({ status, ...taken(admin, open, before) }, { status: 200, upstream, path }, target);
  }
  for (const target of REFUSED) {
    const client = await RawHttp2Client.connect(gateway.httpsPort);
    client.headers(1, [[':method', 'GET'], [':scheme', 'https'], [':path', target], [':authority', 'a.test']]);
    t.ok([400, 'reset'].includes(await client.outcome(1)), JSON.stringify(target));
    client.destroy();
  }
  t.strictSame(admin.seen.length + open.seen.length, TRICKS.filter(([target]) => target.startsWith('/')).length);
});

/** One of the ways to write a character that somebody might read as that character. */
const spelled = (character: string): fc.Arbitrary<string> => {
  const hex = character.charCodeAt(0).toString(16);
  const plain = fc.constantFrom(character, `%${hex}`, `%${hex.toUpperCase()}`);
  return fc.oneof({ weight: 20, arbitrary: plain }, { weight: 1, arbitrary: fc.constantFrom(`%25${hex}`, `%u00${hex}`) });
};
const word = fc.tuple(...Array.from('admin', spelled)).map((characters) => characters.join(''));
const harmless = fc.constantFrom('/', '//', '/./', '/%2e/', '/x/../', '/x/%2e%2E/');
const hostile = fc.constantFrom(
  '/%3b/', '/%3Bx/', '/%253bx/', '/x/..%253b/', '/%252e/', '%2f', '\\', '%5c', '/x/..;/', '/;/', '/;x/', '/.;/', ';/', ';x/', '%00/', '/.%00/', '/x/..%2f', '/x/../../',
);
const slash = fc.oneof({ weight: 3, arbitrary: harmless }, { weight: 1, arbitrary: hostile });
const spelling = fc.tuple(slash, word, slash, fc.constantFrom('secret', '%73ecret', 'secret;x', 'secret/', '')).map((pieces) => pieces.join(''));

type Step = (path: string) => string;
const decode: Step = (path) => path.replaceAll(/%(?:u00)?([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
const drop: Step = (path) => path.replaceAll(/;[^/]*/g, '');
const slashed: Step = (path) => path.replaceAll('\\', '/').replaceAll('\0', '').replaceAll(/\/{2,}/g, '/');
const ORDERS: readonly (readonly Step[])[] = [[decode], [drop], [decode, drop], [drop, decode], [decode, decode], [drop, decode, decode], [decode, drop, decode, drop]];

/** What upstreams make of a path that decode it, drop parameters and resolve dots, in one order or another, once or twice. */
function readings(target: string): string[] {
  return ORDERS.map((steps) => slashed(new URL(slashed(steps.reduce((path, step) => step(path), target)), 'http://a').pathname));
}

await t.test('property: no spelling of /admin/… gets past the route of /admin/*, however the upstream reads it', async (t) => {
  const scene = await stage(t);
  const outcomes = { admin: 0, open: 0, refused: 0 };
  await fc.assert(fc.asyncProperty(spelling, async (target) => {
    const { status, upstream, path } = await scene.ask(target);
    outcomes[upstream === '' ? 'refused' : upstream] += 1;
    if (upstream === '') return status === 400;
    const meansAdmin = readings(path).some((reading) => /^\/admin(?:\/|$)/.test(reading));
    return meansAdmin === (upstream === 'admin');
  }), { numRuns: 1500 });
  t.ok(outcomes.admin > 100 && outcomes.refused > 100, `the generator makes both: ${JSON.stringify(outcomes)}`);
});
