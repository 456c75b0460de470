import t, { type Test } from 'tap';
import { connectH2, requestH2 } from '../helpers/h2-client.ts';
import { startGateway, type TestGateway } from '../helpers/gateway.ts';
import { RawClient } from '../helpers/raw-client.ts';
import type { RawResponse } from '../helpers/raw-response.ts';
import { RawHttp2Client, type Http2Field } from '../helpers/raw-http2.ts';
import { startRecordingUpstream, type RecordingUpstream } from '../helpers/recording-upstream.ts';
import { shareGateway } from '../helpers/shared-gateway.ts';

interface Scene {
  readonly app: RecordingUpstream;
  readonly any: RecordingUpstream;
  readonly gateway: TestGateway;
  /** Sends the bytes of one request on a new connection. */
  ask(bytes: string): Promise<RawResponse>;
}

/** The host app.test has an upstream of its own, all others share one. */
const configure = await shareGateway(t, { https: true });

async function stage(t: Test): Promise<Scene> {
  const [app, any] = [await startRecordingUpstream(t), await startRecordingUpstream(t)];
  const gateway = await configure(`defaults: { https: both }\nroutes: [{ host: app.test, upstream: "${app.target}" }, { upstream: "${any.target}" }]`);
  return { app, any, gateway, ask: async (bytes) => askOnce(gateway.httpPort, bytes) };
}

async function askOnce(port: number, bytes: string): Promise<RawResponse> {
  const client = await RawClient.connect({ port });
  try {
    return await client.write(bytes).readResponse();
  } finally {
    client.destroy();
  }
}

function hostsOf({ seen }: RecordingUpstream): (string | undefined)[] {
  return seen.map((request) => request.header('host'));
}

await t.test('a host has one spelling, by which its route is found and which the upstream gets to see', async (t) => {
  const scene = await stage(t);
  const cases: readonly (readonly [written: string, host: string])[] = [
    ['app.test', 'app.test'], ['APP.test', 'app.test'], ['app.test.', 'app.test'], ['App.Test.:8080', 'app.test:8080'], ['app.test:80', 'app.test:80'],
    ['\tapp.test ', 'app.test'],
  ];
  for (const [written, host] of cases) {
    t.equal((await scene.ask(`GET / HTTP/1.1\r\nHost: ${written}\r\n\r\n`)).status, 200, written);
    t.equal(hostsOf(scene.app).at(-1), host, written);
    t.equal(scene.app.seen.at(-1)?.header('x-forwarded-host'), host, written);
  }
  for (const other of ['app.test.evil.test', 'xapp.test', 'app.tes', 'app-test', '[::1]:80', '127.0.0.1']) {
    t.equal((await scene.ask(`GET / HTTP/1.1\r\nHost: ${other}\r\n\r\n`)).status, 200, other);
    t.equal(hostsOf(scene.any).at(-1), other);
  }
  t.equal(scene.app.seen.length, cases.length);
});

const BAD_HOSTS: readonly string[] = [
  '', ' ', '.', '..', '.app.test', 'app..test', 'app.test..', 'app.test:', 'app.test:0', 'app.test:65536', 'app.test:123456', 'app.test:80a', 'app.test:-1', 'app.test: 80', 'app.test:80:80',
  'app.test, evil.test', 'app.test,evil.test', 'evil.test@app.test', 'user:pass@app.test', 'app.test@evil.test', 'app.test/x', 'app.test?x', 'app.test#x', 'app.test\\x', 'app test', 'app%2etest', 'app.test%00',
  'http://app.test', '[::1', '::1', '[::1]x', '[::1%25eth0]', '[app.test]', '[]', '*', '*.test', `${'a'.repeat(64)}.test`, `${'a.'.repeat(130)}test`, '\xe4pp.test', 'app.test"', '<app.test>', '(app.test)',
];

await t.test('a host that is none is refused', async (t) => {
  const scene = await stage(t);
  for (const host of BAD_HOSTS) {
    const answer = await scene.ask(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    t.strictSame([answer.status, (JSON.parse(answer.text) as { code: string }).code], [400, 'bad_host'], JSON.stringify(host));
  }
  for (const host of BAD_HOSTS) {
    t.equal((await scene.ask(`GET http://${host} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).status, 400, `${JSON.stringify(host)} in absolute form`);
  }
  t.strictSame([...scene.app.seen, ...scene.any.seen], []);
});

await t.test('no Host, two, or one that differs from the target are refused', async (t) => {
  const scene = await stage(t);
  const requests: Readonly<Record<string, string>> = {
    'none': 'GET / HTTP/1.1\r\n\r\n',
    'none beside an absolute target': 'GET http://app.test/ HTTP/1.1\r\n\r\n',
    'two that are equal': 'GET / HTTP/1.1\r\nHost: app.test\r\nHost: app.test\r\n\r\n',
    'two that differ': 'GET / HTTP/1.1\r\nHost: app.test\r\nhost: other.test\r\n\r\n',
    'two in HTTP/1.0': 'GET / HTTP/1.0\r\nHost: app.test\r\nHost: other.test\r\n\r\n',
    'one behind a blank': 'GET / HTTP/1.1\r\n Host: app.test\r\nHost: other.test\r\n\r\n',
    'one with a blank before its colon': 'GET / HTTP/1.1\r\nHost: app.test\r\nHost : other.test\r\n\r\n',
    'another one than the target': 'GET http://app.test/ HTTP/1.1\r\nHost: other.test\r\n\r\n',
    'another port than the target': 'GET http://app.test:81/ HTTP/1.1\r\nHost: app.test:82\r\n\r\n',
    'an empty one beside a target': 'GET http://app.test/ HTTP/1.1\r\nHost:\r\n\r\n',
    'userinfo in the target': 'GET http://app.test@other.test/ HTTP/1.1\r\nHost: other.test\r\n\r\n',
    'a backslash in the target': 'GET http://app.test\\@other.test/ HTTP/1.1\r\nHost: other.test\r\n\r\n',
  };
  for (const [name, bytes] of Object.entries(requests)) t.equal((await scene.ask(bytes)).status, 400, name);
  t.strictSame([...scene.app.seen, ...scene.any.seen], []);
  t.equal((await scene.ask('GET http://APP.test:80/x HTTP/1.1\r\nHost: app.test\r\n\r\n')).status, 200, 'the same, written in another way');
  t.strictSame(scene.app.seen.map(({ target }) => target), ['/x'], 'which is a path for the upstream');
});

await t.test('HTTP/1.0 without Host is for those routes that serve every host', async (t) => {
  const scene = await stage(t);
  t.equal((await scene.ask('GET / HTTP/1.0\r\n\r\n')).status, 200);
  t.equal((await scene.ask('GET http://app.test/ HTTP/1.0\r\n\r\n')).status, 200, 'the target can name one');
  t.strictSame(hostsOf(scene.app), ['app.test']);
  t.strictSame(hostsOf(scene.any), [scene.any.target], 'the upstream gets its own, because an empty one is none');
  t.strictSame(['x-forwarded-host', 'forwarded'].map((name) => scene.any.seen[0]?.header(name)), [undefined, 'for=127.0.0.1;proto=http']);
});

await t.test('X-Forwarded-Host chooses no route, not even from a trusted proxy', async (t) => {
  const [app, any] = [await startRecordingUpstream(t), await startRecordingUpstream(t)];
  const gateway = await startGateway(t, `trustedProxies: [127.0.0.1]\nroutes: [{ host: app.test, upstream: "${app.target}" }, { upstream: "${any.target}" }]`);
  t.equal((await askOnce(gateway.httpPort, 'GET / HTTP/1.1\r\nHost: other.test\r\nX-Forwarded-Host: app.test\r\nForwarded: host=app.test\r\n\r\n')).status, 200);
  t.strictSame([app.seen.length, any.seen.length], [0, 1]);
});

await t.test('HTTP/2: :authority, Host and target must name the same host', async (t) => {
  const scene = await stage(t);
  const session = await connectH2(t, scene.gateway.httpsPort, scene.gateway.ca);
  t.equal((await requestH2(session, { ':path': '/', ':authority': 'APP.test.' })).status, 200);
  t.equal((await requestH2(session, { ':path': '/', ':authority': 'app.test', 'host': 'App.Test' })).status, 200);
  t.strictSame(hostsOf(scene.app), ['app.test', 'app.test']);
  const plain: readonly Http2Field[] = [[':method', 'GET'], [':scheme', 'https'], [':path', '/']];
  const cases: Readonly<Record<string, readonly Http2Field[]>> = {
    'another Host': [...plain, [':authority', 'app.test'], ['host', 'other.test']],
    'two Host': [...plain, ['host', 'app.test'], ['host', 'app.test']],
    'two :authority': [...plain, [':authority', 'app.test'], [':authority', 'other.test']],
    'neither': plain,
    'an empty :authority': [...plain, [':authority', '']],
    'userinfo': [...plain, [':authority', 'x@app.test']],
    'a list': [...plain, [':authority', 'app.test,other.test']],
    'a target with a host': [[':method', 'GET'], [':scheme', 'https'], [':path', 'https://app.test/'], [':authority', 'other.test']],
    'a target with a host behind a strange scheme': [[':method', 'GET'], [':scheme', 'x'], [':path', 'https://app.test/'], [':authority', 'other.test']],
  };
  for (const [name, fields] of Object.entries(cases)) {
    const client = await RawHttp2Client.connect(scene.gateway.httpsPort);
    client.headers(1, fields);
    t.ok([400, 'reset'].includes(await client.outcome(1)), name);
    client.destroy();
  }
  const client = await RawHttp2Client.connect(scene.gateway.httpsPort);
  t.equal(await client.headers(1, [...plain, ['host', 'app.test']]).outcome(1), 200, 'Host alone will do');
  client.destroy();
  t.strictSame([scene.app.seen.length, scene.any.seen.length], [3, 0]);
});

await t.test('plain HTTP is redirected to HTTPS, to hosts of the configuration only', async (t) => {
  const upstream = await startRecordingUpstream(t);
  const gateway = await startGateway(t, `routes: [{ host: [app.test, "*.shop.test"], upstream: "${upstream.target}" }, { upstream: "${upstream.target}" }]`, { https: true });
  const ask = async (target: string, host: string): Promise<RawResponse> => askOnce(gateway.httpPort, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  const port = gateway.httpsPort;
  const cases: readonly (readonly [target: string, host: string, location: string])[] = [
    ['/a?b=c', 'app.test', 'https://app.test/a?b=c'],
    ['/a', `app.test:${gateway.httpPort}`, `https://app.test:${port}/a`],
    ['/', 'APP.test.', 'https://app.test/'],
    ['//evil.test/a', 'app.test', 'https://app.test/evil.test/a'],
    ['/%2e//evil.test', 'app.test', 'https://app.test/evil.test'],
    ['/', 'x.shop.test', 'https://x.shop.test/'],
    ['/?a=//evil.test', 'app.test', 'https://app.test/?a=//evil.test'],
  ];
  for (const [target, host, location] of cases) {
    const answer = await ask(target, host);
    t.equal(answer.status, 308, `${host}${target}`);
    t.equal(answer.headers['location'], location, `${host}${target}`);
  }
  for (const host of ['evil.test', 'app.test.evil.test', 'shop.test.evil', 'xapp.test', '192.0.2.1', '[2001:db8::1]', 'evil.test:80']) {
    const answer = await ask('/', host);
    t.equal(answer.status, 421, host);
    t.equal(answer.headers['location'], undefined, host);
  }
  t.equal((await askOnce(gateway.httpPort, 'GET / HTTP/1.0\r\n\r\n')).status, 421, 'no host at all');
  t.equal((await ask('\\evil.test', 'app.test')).status, 400);
  t.equal((await ask('/\\evil.test', 'app.test')).status, 400);
  t.equal((await ask('/%0d%0aSet-Cookie:a=b', 'app.test')).status, 400);
  t.equal((await ask('/?%0d%0aSet-Cookie:a=b', 'app.test')).headers['set-cookie'], undefined);
  t.strictSame(upstream.seen, []);
});

await t.test('a stranger who claims to come over HTTPS is redirected like everybody', async (t) => {
  const upstream = await startRecordingUpstream(t);
  const routes = `routes: [{ host: app.test, upstream: "${upstream.target}" }]`;
  const request = 'GET / HTTP/1.1\r\nHost: app.test\r\nX-Forwarded-Proto: https\r\nX_Forwarded_Proto: https\r\nForwarded: proto=https\r\nFront-End-Https: on\r\n\r\n';
  const stranger = await startGateway(t, routes, { https: true });
  t.equal((await askOnce(stranger.httpPort, request)).status, 308);
  const trusted = await startGateway(t, `trustedProxies: [127.0.0.1]\n${routes}`, { https: true });
  t.equal((await askOnce(trusted.httpPort, request)).status, 200, 'a trusted proxy has taken the TLS off');
  t.equal(upstream.seen.length, 1);
});

await t.test('a redirect of the configuration cannot be led astray by the path', async (t) => {
  const gateway = await startGateway(t, 'routes: [{ path: /old/*, redirect: "https://new.test{path}{query}" }, { path: /here/*, redirect: "{path}x" }, { path: /host/*, redirect: "https://{host}{path}" }]');
  const ask = async (target: string, host = 'a.test'): Promise<RawResponse> => askOnce(gateway.httpPort, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  t.equal((await ask('/old/a?b')).headers['location'], 'https://new.test/old/a?b');
  t.equal((await ask('//old/@evil.test')).headers['location'], 'https://new.test/old/@evil.test');
  t.equal((await ask('//here/')).headers['location'], '/here/x');
  t.equal((await ask('/host/a', 'A.TEST:81')).headers['location'], 'https://a.test/host/a');
  t.equal((await ask('/old/a', 'evil.test@a.test')).status, 400);
});
