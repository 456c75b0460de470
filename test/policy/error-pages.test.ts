import t, { type Test } from 'tap';
import { errorPages } from '../../src/policy/error-pages.ts';
import { connectH2, requestH2 } from '../helpers/h2-client.ts';
import { type LoneGateway, startLoneGateway } from '../helpers/lone-gateway.ts';
import { startPolicy } from '../helpers/policies.ts';
import { RawClient } from '../helpers/raw-client.ts';
import type { RawResponse } from '../helpers/raw-response.ts';
import { OK, startScriptedUpstream } from '../helpers/scripted-upstream.ts';
import { type HttpHandler, startHttpUpstream, type TestUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

const HTML = 'Accept: text/html\r\n';
const PAGES = '{ 404: { html: { inline: "<p>{status}" } }, 5xx: { html: { inline: "<b>{status} {text}" }, json: { inline: { code: "{code}", of: "{status}" } } } }';

async function startApp(t: Pick<Test, 'teardown'>, handler: HttpHandler): Promise<TestUpstream> {
  const app = await startHttpUpstream(handler);
  t.teardown(async () => app.close());
  return app;
}

async function send({ port }: LoneGateway, line: string, more = HTML): Promise<RawResponse> {
  const client = await RawClient.connect({ port });
  const [method = ''] = line.split(' ');
  const response = await client.write(`${line} HTTP/1.1\r\nHost: a.test\r\n${more}\r\n`).readResponse({ method });
  client.destroy();
  return response;
}

await t.test('people get the page, programs the usual problem unless they have a page of their own', async (t) => {
  const gateway = await startLoneGateway(t, `defaults: { errorPages: ${PAGES} }\nroutes: [{ path: /busy, upstream: "127.0.0.1:1" }]`);
  const page = await send(gateway, 'GET /none');
  t.match([page.status, page.text, page.headers['content-type'], page.headers['cache-control']], [404, '<p>404', 'text/html; charset=utf-8', 'no-store']);
  t.ok(page.headers['x-request-id']);
  t.match(JSON.parse((await send(gateway, 'GET /none', '')).text), { code: 'no_route', status: 404 });
  const busy = await send(gateway, 'GET /busy', '');
  t.strictSame([busy.status, busy.text, busy.headers['content-type'], busy.headers['retry-after']], [503, '{"code":"upstream_connect_failed","of":"503"}', 'application/json', '1']);
  t.match((await send(gateway, 'GET /busy')).text, /^<b>503 The service/);
  const head = await send(gateway, 'HEAD /none');
  t.strictSame([head.status, head.text, head.headers['content-length']], [404, '', '6']);
});

await t.test('the narrowest range counts, a route before defaults, off is the own text of the gateway', async (t) => {
  const gateway = await startLoneGateway(t, `
defaults: { errorPages: { 4xx: ./4xx.txt, 404: ./404.txt } }
routes:
  - { path: /denied, respond: {}, ip: { deny: 0.0.0.0/0 } }
  - { path: /own, respond: {}, ip: { deny: 0.0.0.0/0 }, errorPages: { 403: { text: ./own.txt, status: 404 } } }
  - { path: /off, respond: {}, ip: { deny: 0.0.0.0/0 }, errorPages: { 403: "off" } }
  - { path: /none, respond: {}, ip: { deny: 0.0.0.0/0 }, errorPages: "off" }`, { files: { '/etc/sluice/4xx.txt': '4xx', '/etc/sluice/404.txt': '404', '/etc/sluice/own.txt': 'own {status}' } });
  const said = await Promise.all(['/nowhere', '/denied', '/own', '/off', '/none'].map(async (path) => {
    const { status, text } = await send(gateway, `GET ${path}`, '');
    return [status, text.startsWith('{') ? 'problem' : text];
  }));
  t.strictSame(said, [[404, '404'], [403, '4xx'], [404, 'own 403'], [403, 'problem'], [403, 'problem']]);
  t.match(gateway.ended.find(({ path }) => path === '/own'), { status: 404, errorCode: 'forbidden_address' });
});

await t.test('threat: what a page says of a request cannot become a part of the page', async (t) => {
  const { errorPages: pages } = await startPolicy(errorPages, 'errorPages: { 404: { html: { inline: "<p title={requestId}>{requestId}" }, json: { inline: { id: "{requestId}" } } } }');
  const id = '"><script>alert(1)</script> onload=x\'`\\';
  const html = String(pages?.pageFor(404, 'no_route', true, id)?.body);
  t.notMatch(html.slice('<p title='.length), /["<'=`](?!p)|<script/);
  t.strictSame(JSON.parse(String(pages?.pageFor(404, 'no_route', false, id)?.body)), { id });
});

await t.test('a page without placeholders is encoded once', async (t) => {
  const { errorPages: pages } = await startPolicy(errorPages, 'errorPages: { 404: { html: { inline: "<p>" } } }');
  t.equal(pages?.pageFor(404, 'no_route', true, 'a')?.body, pages?.pageFor(404, 'no_route', true, 'b')?.body);
  t.equal(pages?.pageFor(403, 'forbidden', true, ''), null);
});

await t.test("an upstream's own error gives way only where that is wished, and for clients that have a page", async (t) => {
  const app = await startApp(t, (request, response) => {
    response.setHeaders(new Map([['Retry-After', '7'], ['Set-Cookie', 'a=1'], ['ETag', '"a"'], ['Content-Encoding', 'identity'], ['Cache-Control', 'max-age=60'], ['WWW-Authenticate', 'Basic']]));
    response.writeHead(Number(request.url?.slice(-3)), { 'content-type': 'text/plain' }).end('of the app');
  });
  const gateway = await startLoneGateway(t, `
routes:
  - { path: /all/*, upstream: "${app.target}", errorPages: { 404: { html: { inline: "<p>{status} {text}{code}" } }, 503: { html: { inline: closed }, json: { inline: 1 }, status: 500 }, intercept: true } }
  - { path: /some/*, upstream: "${app.target}", errorPages: { 5xx: { html: { inline: page } }, intercept: [503] } }
  - { path: /none/*, upstream: "${app.target}", errorPages: { 4xx: { html: { inline: page } } } }`);
  const said = async (path: string, accept?: string): Promise<unknown[]> => {
    const { status, text } = await send(gateway, `GET ${path}`, accept);
    return [status, text];
  };
  t.strictSame(await said('/all/404'), [404, '<p>404 Not Found']);
  t.strictSame(await said('/all/404', ''), [404, 'of the app']);
  t.strictSame(await said('/all/503', ''), [500, '1']);
  t.strictSame(await said('/all/500'), [500, 'of the app']);
  t.strictSame(await said('/some/503'), [503, 'page']);
  t.strictSame(await said('/some/500'), [500, 'of the app']);
  t.strictSame(await said('/none/404'), [404, 'of the app']);
  const { headers, reason } = await send(gateway, 'GET /all/404');
  t.match(headers, { 'retry-after': '7', 'set-cookie': 'a=1', 'www-authenticate': 'Basic', 'cache-control': 'no-store', 'content-type': 'text/html; charset=utf-8', 'content-length': '16', 'etag': undefined, 'content-encoding': undefined });
  t.equal(reason, 'Not Found');
  const head = await send(gateway, 'HEAD /all/404');
  t.strictSame([head.status, head.text, head.headers['content-length']], [404, '', '16']);
  t.ok(gateway.ended.every(({ errorCode }) => errorCode === ''), 'the upstream has answered');
  t.equal(gateway.ended.find(({ path }) => path === '/all/503')?.status, 500);
});

await t.test('the body that gives way is read to its end, and its connection serves the next', async (t) => {
  const upstream = await startScriptedUpstream(t);
  const gateway = await startLoneGateway(t, `routes: [{ upstream: "${upstream.target}", errorPages: { 500: { html: { inline: page } }, intercept: true } }]`);
  const client = await RawClient.connect({ port: gateway.port });
  client.write(`GET / HTTP/1.1\r\nHost: a.test\r\n${HTML}\r\n`);
  const connection = await upstream.accept();
  await connection.readUntil('\r\n\r\n');
  connection.write('HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nstack\r\n');
  connection.write('0\r\n\r\n');
  t.equal((await client.readResponse()).text, 'page');
  client.write(`GET / HTTP/1.1\r\nHost: a.test\r\n${HTML}\r\n`);
  await connection.readUntil('\r\n\r\n');
  connection.write(OK);
  t.equal((await client.readResponse()).text, 'ok');
  t.strictSame([upstream.connections, client.socket.destroyed], [1, false]);
  client.destroy();
});

await t.test('threat: an error without an end, or broken off, is no more than its page', async (t) => {
  const upstream = await startScriptedUpstream(t);
  const gateway = await startLoneGateway(t, `routes: [{ upstream: "${upstream.target}", errorPages: { 500: { html: { inline: page } }, intercept: true } }]`);
  for (const rest of [Buffer.alloc(1024 * 1024), null]) {
    const client = await RawClient.connect({ port: gateway.port });
    client.write(`GET / HTTP/1.1\r\nHost: a.test\r\n${HTML}\r\n`);
    const connection = await upstream.accept();
    await connection.readUntil('\r\n\r\n');
    connection.write('HTTP/1.1 500 Oh\r\nContent-Length: 10000000\r\n\r\nstack');
    if (rest === null) connection.destroy();
    else connection.write(rest);
    const { status, text } = await client.readResponse();
    t.strictSame([status, text], [500, 'page']);
    await connection.closed;
    client.destroy();
  }
  await eventually(() => (gateway.ended.length === 2 ? true : undefined));
  t.equal(gateway.inFlight(gateway.ended[0]?.upstream ?? '', upstream.target), 0);
});

await t.test('over HTTP/2, beside a body that is still coming, and with what others do to answers', async (t) => {
  const app = await startApp(t, (_request, response) => void response.writeHead(503, { Server: 'app' }).end('x'.repeat(200_000)));
  const gateway = await startLoneGateway(t, `routes: [{ https: both, upstream: "${app.target}", compress: { minSize: 1B }, headers: strict, errorPages: { 503: { html: { inline: "${'page '.repeat(500)}" } }, intercept: true } }]`, { https: true });
  const session = await connectH2(t, gateway.httpsPort, gateway.ca);
  const headers = { ':method': 'POST', ':path': '/', ':authority': 'a.test', 'accept': 'text/html' };
  const answer = await requestH2(session, headers, 'body');
  t.match([answer.status, answer.body.length, answer.resetCode, answer.headers['x-frame-options'], answer.headers['server']], [503, 2500, 0, 'SAMEORIGIN', undefined]);
  const packed = await requestH2(session, { ...headers, 'accept-encoding': 'gzip' }, 'body');
  t.equal(packed.headers['content-encoding'], 'gzip');
  t.ok(packed.body.length > 0 && packed.body.length < 200, `${packed.body.length} bytes`);
  const early = await send(gateway, 'POST /', `${HTML}Content-Length: 10\r\n`);
  t.match([early.status, early.text.length, early.headers['connection']], [503, 2500, 'close']);
});

await t.test('threat: a client that does not read the page of an error that breaks off has the time for reading, and no more', async (t) => {
  const upstream = await startScriptedUpstream(t);
  const options = `https: both, upstream: "${upstream.target}", errorPages: { 500: { html: { inline: "${'page '.repeat(500)}" } }, intercept: true }`;
  const gateway = await startLoneGateway(t, `
listen: { http: "127.0.0.1:0", https: "127.0.0.1:0", admin: off, timeouts: { send: 100ms } }
routes: [{ path: /plain, ${options} }, { path: /packed, ${options}, compress: { minSize: 1B } }]`, { https: true });
  const session = await connectH2(t, gateway.httpsPort, gateway.ca, { initialWindowSize: 10 });
  for (const path of ['/plain', '/packed']) {
    const stream = session.request({ ':path': path, ':authority': 'a.test', 'accept': 'text/html', 'accept-encoding': 'gzip' });
    stream.on('error', () => undefined);
    const connection = await upstream.accept();
    await connection.readUntil('\r\n\r\n');
    connection.write('HTTP/1.1 500 Oh\r\nContent-Length: 10\r\n\r\nstack').destroy();
    await eventually(() => gateway.ended.some((exchange) => exchange.path === path));
  }
});
