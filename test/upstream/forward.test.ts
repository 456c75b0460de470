import t from 'tap';
import { GET, post, startForwarding } from '../helpers/forwarding.ts';
import { startLoneGateway } from '../helpers/lone-gateway.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { OK, refusingPort } from '../helpers/scripted-upstream.ts';
import { answerWith, startRawUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

function via(hops: number): string {
  return `GET / HTTP/1.1\r\nHost: a\r\nVia: ${Array.from({ length: hops }, () => '1.1 sluice').join(', ')}\r\n\r\n`;
}

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

await t.test('a connection is used again, and what one answer said does not show in the next', async (t) => {
  const { request, upstream, ended } = await startForwarding(t);
  const { client, target } = await request(GET);
  target.write('HTTP/1.1 404 Nope\r\nContent-Length: 3\r\nX-One: 1\r\n\r\none');
  const first = await client.readResponse();
  t.strictSame([first.status, first.reason, first.text], [404, 'Nope', 'one']);
  client.write(GET);
  await target.readUntil('\r\n\r\n');
  target.write(OK);
  const second = await client.readResponse();
  t.strictSame([second.status, second.text, second.headers['x-one']], [200, 'ok', undefined]);
  t.equal(upstream.connections, 1);
  t.match(await ended(1), { status: 200, attempts: 1, errorCode: '', bytesOut: 2 });
});

await t.test('an idle connection that the upstream closes as we write to it: a GET is sent once more, without a word', async (t) => {
  const { request, upstream, ended } = await startForwarding(t);
  const { client, target } = await request(GET);
  target.write(OK);
  await client.readResponse();
  client.write(GET);
  await target.readUntil('\r\n\r\n');
  target.destroy();
  const fresh = await upstream.accept();
  await fresh.readUntil('\r\n\r\n');
  fresh.write(OK);
  t.equal((await client.readResponse()).status, 200);
  t.match(await ended(1), { attempts: 2, errorCode: '' });
});

await t.test('the one silent repetition is the last: a new connection that closes too is an error', async (t) => {
  const { request, upstream, ended } = await startForwarding(t);
  const { client, target } = await request(GET);
  target.write(OK);
  await client.readResponse();
  client.write(GET);
  await target.readUntil('\r\n\r\n');
  target.end();
  const fresh = await upstream.accept();
  await fresh.readUntil('\r\n\r\n');
  fresh.destroy();
  t.equal((await client.readResponse()).status, 502);
  t.match(await ended(1), { attempts: 2, errorCode: 'upstream_reset' });
  t.equal(upstream.connections, 2);
});

await t.test('a request that may have had an effect is never sent twice', async (t) => {
  for (const text of [post(''), post('abc'), 'PATCH / HTTP/1.1\r\nHost: a\r\n\r\n']) {
    const { request, upstream, ended } = await startForwarding(t);
    const { client, target } = await request(GET);
    target.write(OK);
    await client.readResponse();
    client.write(text);
    await target.readUntil('\r\n\r\n');
    target.destroy();
    t.equal((await client.readResponse()).status, 502, text);
    t.match(await ended(1), { attempts: 1, errorCode: 'upstream_reset' });
    t.equal(upstream.connections, 1);
  }
});

await t.test('nor is one whose answer has begun, if only with 103', async (t) => {
  const { request, upstream, ended } = await startForwarding(t);
  const { client, target } = await request(GET);
  target.write(OK);
  await client.readResponse();
  client.write(GET);
  await target.readUntil('\r\n\r\n');
  target.write('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n');
  t.equal((await client.readResponse()).status, 103);
  target.destroy();
  t.equal((await client.readResponse()).status, 502);
  t.match(await ended(1), { attempts: 1, errorCode: 'upstream_cut' });
  t.equal(upstream.connections, 1);
});

await t.test('a target that refuses is passed over for the next one, and until it takes connections again', async (t) => {
  const refusing = await refusingPort();
  const { connect, request, clock, gateway, ended } = await startForwarding(t, { others: [`127.0.0.1:${refusing}`], upstream: 'failTimeout: 10s, keepAlive: { idle: 1h }' });
  const { client, target } = await request(GET);
  target.write(OK);
  t.equal((await client.readResponse()).status, 200);
  t.match(await ended(), { attempts: 2, errorCode: '' });
  const ask = async (index: number): Promise<unknown> => {
    const next = (await connect()).write(GET);
    await target.readUntil('\r\n\r\n');
    target.write(OK);
    await next.readResponse();
    return (await ended(index)).attempts;
  };
  for (const index of [1, 2, 3]) t.equal(await ask(index), 1, 'the refusing target is not asked');
  for (let i = 0; i < 120; i++) {
    clock.advance(100);
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.equal(await ask(4), 1, 'nor when its time is over: the control plane has looked, and it still refuses');
  const back = await startRawUpstream((socket) => answerWith(OK)(socket), refusing);
  t.teardown(async () => back.close());
  await eventually(() => {
    clock.advance(100);
    return gateway.fleet.status().every(({ state }) => state === 'up');
  });
  const served = back.connections;
  const clients = await Promise.all([1, 2].map(async () => (await connect()).write(GET)));
  await target.readUntil('\r\n\r\n');
  target.write(OK);
  for (const each of clients) t.equal((await each.readResponse()).status, 200);
  t.equal(back.connections - served, 1, 'it has its share again at once');
});

await t.test('no more targets are tried than retry.attempts says', async (t) => {
  const targets = await Promise.all([1, 2, 3, 4].map(async () => `"127.0.0.1:${await refusingPort()}"`));
  for (const attempts of [0, 1, 2]) {
    const yaml = `upstreams: { api: { targets: [${targets.join(', ')}], failTimeout: off, retry: { attempts: ${attempts} } } }\nroutes: [{ upstream: api }]`;
    const gateway = await startLoneGateway(t, yaml);
    const client = (await RawClient.connect({ port: gateway.port })).write(GET);
    t.match(await client.readResponse(), { status: 503, headers: { 'retry-after': '1', 'cache-control': 'no-store' } });
    client.destroy();
    t.match(await eventually(() => gateway.ended[0]), { attempts: 1 + attempts, errorCode: 'upstream_connect_failed' });
    t.ok(gateway.fleet.status().every(({ requests }) => requests <= 1), 'each at most once');
  }
});

await t.test('a body is sent whole to the next target when the first refuses', async (t) => {
  const others = [`127.0.0.1:${await refusingPort()}`];
  const { request, ended } = await startForwarding(t, { others });
  const { client, target } = await request(post('all of it'));
  t.equal(await target.readUntil('all of it'), 'all of it');
  target.write(OK);
  t.equal((await client.readResponse()).status, 200);
  t.match(await ended(), { attempts: 2, bytesIn: 9 });
});

await t.test('what the upstream breaks off, the client sees broken off', async (t) => {
  const cases: readonly (readonly [name: string, request: string, answer: string, reset: boolean])[] = [
    ['chunked', GET, `${CHUNKED}5\r\nhello\r\n`, false],
    ['content-length', GET, 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello', false],
    ['chunked to HTTP/1.0', 'GET / HTTP/1.0\r\nHost: a\r\n\r\n', `${CHUNKED}5\r\nhello\r\n`, true],
  ];
  for (const [name, text, answer, reset] of cases) {
    const { request, ended } = await startForwarding(t);
    const { client, target } = await request(text);
    target.write(answer);
    await client.readUntil('hello');
    target.end();
    await client.closed;
    t.notMatch(client.received.toString(), '0\r\n\r\n', name);
    if (reset) t.equal(client.error?.code, 'ECONNRESET', `${name}: an end would look like the end of the body`);
    t.match(await ended(), { status: 200, errorCode: 'upstream_cut', bytesOut: 5 });
  }
});

await t.test('a client that goes away takes the upstream connection with it, at once', async (t) => {
  const { request, upstream, ended } = await startForwarding(t);
  const before = await request(GET);
  before.client.destroy();
  await before.target.closed;
  t.match(await ended(0), { status: 499, errorCode: 'client_closed' });
  const within = await request(GET);
  within.target.write(`${CHUNKED}3\r\nabc\r\n`);
  await within.client.readUntil('abc');
  within.client.destroy();
  await within.target.closed;
  t.match(await ended(1), { status: 200, errorCode: 'client_closed' });
  const uploading = await request('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
  uploading.client.destroy();
  t.notMatch(await uploading.target.readToEnd(), '0\r\n\r\n', 'half an upload is not ended as if it were whole');
  t.match(await ended(2), { errorCode: 'client_closed' });
  await eventually(() => upstream.open === 0);
});

await t.test('a request that went round eight times is stopped', async (t) => {
  const { connect, request, ended } = await startForwarding(t);
  const { client, target } = await request(via(7));
  target.write(OK);
  t.equal((await client.readResponse()).status, 200);
  const looping = (await connect()).write(via(8));
  t.equal((await looping.readResponse()).status, 508);
  t.match(await ended(1), { errorCode: 'loop_detected' });
});

await t.test('open event streams are counted, bounded, and given back', async (t) => {
  const EVENTS = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n';
  const { request, gateway, ended } = await startForwarding(t, { route: 'streams: 1' });
  const first = await request(GET);
  first.target.write(`${EVENTS}data: 1\n\n`);
  await first.client.readUntil('data: 1');
  t.equal(gateway.count('streams r'), 1);
  const second = await request(GET);
  second.target.write(EVENTS);
  t.match(await second.client.readResponse(), { status: 503, headers: { 'retry-after': '5' } });
  t.match(await ended(0), { errorCode: 'too_many_streams' });
  await second.target.closed;
  first.client.destroy();
  await eventually(() => gateway.count('streams r') === 0);
  const third = await request(GET);
  third.target.write(`${EVENTS}data: 3\n\n`);
  t.match(await third.client.readUntil('data: 3'), /200 OK/);
});
