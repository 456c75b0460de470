import { Metadata, status } from '@grpc/grpc-js';
import t, { type Test } from 'tap';
import { makeCa, makePair } from '../helpers/certificates.ts';
import { callUnary, grpcClient, readCall, startGrpcUpstream, type GrpcClient, type GrpcUpstream } from '../helpers/grpc.ts';
import { startLoneGateway, type LoneGateway } from '../helpers/lone-gateway.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { eventually } from '../helpers/wait-for.ts';

const CA_FILE = '/etc/sluice/upstream-ca.pem';
const authority = await makeCa();
const pair = await makePair(authority, ['localhost', '127.0.0.1']);

interface Calls {
  readonly client: GrpcClient;
  readonly gateway: LoneGateway;
  readonly upstreams: readonly GrpcUpstream[];
  readonly upstream: GrpcUpstream;
}

/** A gRPC client, a gateway with TLS, and gRPC servers behind it. */
async function start(t: Test, { secure = false, count = 1, keys = '', clock }: { secure?: boolean; count?: number; keys?: string; clock?: ManualClock } = {}): Promise<Calls> {
  const upstreams = await Promise.all(Array.from({ length: count }, async () => startGrpcUpstream(t, secure ? pair : null)));
  const targets = upstreams.map(({ target }) => JSON.stringify(`${secure ? 'https' : 'http'}://${target}`)).join(', ');
  const tls = secure ? `tls: { ca: ${CA_FILE} },` : '';
  const yaml = `upstreams: { api: { targets: [${targets}], protocol: h2, ${tls} ${keys} } }\nroutes: [{ upstream: api }]`;
  const gateway = await startLoneGateway(t, yaml, { https: true, files: { [CA_FILE]: authority.cert }, ...(clock === undefined ? {} : { clock }) });
  const [upstream] = upstreams;
  if (upstream === undefined) throw new Error('there is one');
  return { client: grpcClient(t, gateway.httpsPort, gateway.ca), gateway, upstreams, upstream };
}

function hanging(): Metadata {
  const metadata = new Metadata();
  metadata.set('x-mode', 'hang');
  return metadata;
}

for (const secure of [false, true]) {
  await t.test(`${secure ? 'HTTP/2 over TLS' : 'h2c'}: calls of all four kinds pass with metadata, statuses and trailers intact`, async (t) => {
    const { client, gateway } = await start(t, { secure });
    const asked = new Metadata();
    asked.set('x-asked', 'this');
    const good = await callUnary(client, 'hello', asked);
    t.strictSame([good.answer, good.status.code, good.head.get('x-echo')], ['hello', status.OK, ['this']]);
    t.strictSame([good.status.metadata.get('x-trailer'), good.status.metadata.get('x-binary-bin')], [['at the end'], [Buffer.from([0, 255])]]);
    const bad = await callUnary(client, 'fail');
    t.strictSame([bad.status.code, bad.status.details, bad.status.metadata.get('x-trailer')], [status.FAILED_PRECONDITION, 'not now: "é"', ['at the end']]);

    const list = await readCall(client.list(Buffer.from('1000')));
    t.strictSame([list.messages.length, list.messages.at(-1)?.toString(), list.status.code], [1000, 'message 999', status.OK]);

    const collected = new Promise((resolve) => {
      const call = client.collect(new Metadata(), (_error, answer) => resolve(answer?.toString()));
      for (let i = 0; i < 1000; i++) call.write(Buffer.alloc(100));
      call.end();
    });
    t.equal(await collected, '1000 messages, 100000 bytes');

    const chat = client.chat();
    const told = readCall(chat);
    for (let i = 0; i < 1000; i++) chat.write(Buffer.from(`word ${i}`));
    chat.end();
    const { messages, status: { code } } = await told;
    t.strictSame([messages.length, messages.at(-1)?.toString(), code], [1000, 'word 999', status.OK]);
    t.strictSame(gateway.ended.map(({ errorCode }) => errorCode), ['', '', '', '', '']);
  });
}

await t.test('both directions go on side by side, each message as it comes', async (t) => {
  const { client } = await start(t);
  const chat = client.chat();
  const heard: string[] = [];
  const told = readCall(chat);
  chat.on('data', (message: Buffer) => heard.push(message.toString()));
  for (let i = 0; i < 5; i++) {
    chat.write(Buffer.from(`turn ${i}`));
    await eventually(() => heard.length === i + 1);
  }
  chat.end();
  t.equal((await told).status.code, status.OK);
  t.strictSame(heard, ['turn 0', 'turn 1', 'turn 2', 'turn 3', 'turn 4']);
});

await t.test('large messages arrive whole, both ways', async (t) => {
  const { client } = await start(t);
  const large = Buffer.alloc(12 * 1024 * 1024, 'x');
  const { answer, status: { code } } = await callUnary(client, large);
  t.strictSame([answer.length, code], [large.length, status.OK]);
});

await t.test('a deadline and a cancel reach the server at once', async (t) => {
  const { client, upstream, gateway } = await start(t);
  const late = await callUnary(client, 'x', hanging(), { deadline: Date.now() + 150 });
  t.equal(late.status.code, status.DEADLINE_EXCEEDED);
  await eventually(() => upstream.cancelled.length === 1);
  const chat = client.chat();
  const told = readCall(chat);
  chat.write(Buffer.from('hello'));
  await eventually(() => upstream.calls.length === 2);
  chat.cancel();
  t.equal((await told).status.code, status.CANCELLED);
  await eventually(() => upstream.cancelled.length === 2);
  await eventually(() => gateway.ended.length === 2);
  t.strictSame(gateway.ended.map(({ errorCode }) => errorCode), ['client_closed', 'client_closed']);
  t.equal(gateway.inFlight('api', upstream.target), 0);
});

await t.test('a server that dies within a call makes it UNAVAILABLE, before and after its head', async (t) => {
  const { client, upstream, gateway } = await start(t, { keys: 'retry: { attempts: 0 }' });
  const chat = client.chat();
  const heard: Buffer[] = [];
  chat.on('data', (message: Buffer) => heard.push(message));
  const chatted = readCall(chat);
  chat.write(Buffer.from('hello'));
  await eventually(() => heard.length === 1);
  const hung = callUnary(client, 'x', hanging());
  await eventually(() => upstream.calls.length === 2);
  upstream.kill();
  t.equal((await chatted).status.code, status.UNAVAILABLE, 'after its head');
  t.equal((await hung).status.code, status.UNAVAILABLE, 'before its head');
  t.equal((await callUnary(client, 'x')).status.code, status.UNAVAILABLE, 'nobody listens any more');
  await eventually(() => gateway.ended.length === 3);
  t.strictSame(gateway.ended.map(({ errorCode }) => errorCode).toSorted(), ['upstream_connect_failed', 'upstream_cut', 'upstream_reset']);
});

await t.test('of two members one is killed: calls go on with the other', async (t) => {
  const { client, upstreams } = await start(t, { count: 2 });
  for (let i = 0; i < 4; i++) await callUnary(client, 'warm');
  t.ok(upstreams.every(({ calls }) => calls.length > 0));
  upstreams[0]?.kill();
  for (let i = 0; i < 20; i++) t.equal((await callUnary(client, 'go')).status.code, status.OK);
});

await t.test('a member that is drained loses no call', async (t) => {
  const { client, upstreams } = await start(t, { count: 2 });
  let failed = 0;
  const load = { over: false };
  const loops = Array.from({ length: 20 }, async () => {
    while (!load.over) if ((await callUnary(client, 'x')).status.code !== status.OK) failed++;
  });
  await eventually(() => upstreams.every(({ calls }) => calls.length > 50), 5000);
  await upstreams[0]?.drain();
  const before = upstreams[1]?.calls.length ?? 0;
  await eventually(() => (upstreams[1]?.calls.length ?? 0) > before + 100, 5000);
  load.over = true;
  await Promise.all(loops);
  t.equal(failed, 0);
});

await t.test('silence of an hour ends no call, while the server that keeps silent before its answer is given up as ever', async (t) => {
  const clock = new ManualClock();
  const { client, gateway } = await start(t, { clock, keys: 'retry: { attempts: 0 }, http2: { ping: off }, timeouts: { response: 10s, idle: 10s, total: 20s, stream: 2h }' });
  const chat = client.chat();
  const heard: Buffer[] = [];
  const told = readCall(chat);
  chat.on('data', (message: Buffer) => heard.push(message));
  chat.write(Buffer.from('one'));
  await eventually(() => heard.length === 1);
  const opened = client.chat(hanging());
  const openedEnd = readCall(opened);
  opened.write(Buffer.from('only opened'));
  await eventually(() => gateway.begun() === 2);
  clock.advance(3_600_000);
  chat.write(Buffer.from('two'));
  await eventually(() => heard.length === 2);
  t.equal(gateway.ended.length, 0);
  const silent = callUnary(client, 'x', hanging());
  await eventually(() => gateway.begun() === 3);
  await eventually(() => {
    clock.advance(10_300);
    return gateway.ended.length > 0;
  });
  t.equal((await silent).status.code, status.UNAVAILABLE);
  t.match(gateway.ended[0], { errorCode: 'upstream_timeout', status: 504 });
  chat.end();
  t.equal((await told).status.code, status.OK);
  opened.cancel();
  await openedEnd;
});
