import t, { type Test } from 'tap';
import { connectH2, requestH2 } from '../helpers/h2-client.ts';
import { shareGateway } from '../helpers/shared-gateway.ts';
import { RawClient } from '../helpers/raw-client.ts';
import type { RawResponse } from '../helpers/raw-response.ts';
import { say, startRecordingUpstream, type RecordingUpstream } from '../helpers/recording-upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
/** What an attacker would have the gateway take for the answer to somebody else's request. */
const POISON = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison';

interface Scene {
  readonly upstream: RecordingUpstream;
  readonly httpsPort: number;
  readonly ca: string;
  answers: string;
  connect(): Promise<RawClient>;
}

const configure = await shareGateway(t, { https: true });

async function stage(t: Test): Promise<Scene> {
  const upstream = await startRecordingUpstream(t, (request, socket) => say(scene.answers)(request, socket));
  const gateway = await configure(`defaults: { https: both }\nroutes: [{ upstream: "${upstream.target}" }]`);
  const scene: Scene = {
    upstream,
    httpsPort: gateway.httpsPort,
    ca: gateway.ca,
    answers: OK,
    async connect() {
      const client = await RawClient.connect({ port: gateway.httpPort });
      t.teardown(() => client.destroy());
      return client;
    },
  };
  return scene;
}

/** The connection of the last answer is closed, and the next request goes out on another one. */
async function checkDropped(t: Test, scene: Scene, name: string): Promise<void> {
  await eventually(() => scene.upstream.open === 0);
  scene.answers = OK;
  const { connections } = scene.upstream;
  const client = (await scene.connect()).write(GET);
  t.equal((await client.readResponse()).text, 'ok', `${name}: the next answer is its own`);
  t.equal(scene.upstream.connections, connections + 1, `${name}: on another connection`);
  client.destroy();
}

/** The first answer that is no 1xx. */
async function finalAnswer(client: RawClient): Promise<RawResponse> {
  for (;;) {
    const answer = await client.readResponse();
    if (answer.status >= 200) return answer;
  }
}

function head(fields: string): string {
  return `HTTP/1.1 200 OK\r\n${fields}\r\n\r\n`;
}

const BAD_HEADS: Readonly<Record<string, string>> = {
  'Content-Length beside Transfer-Encoding': `${head('Content-Length: 2\r\nTransfer-Encoding: chunked')}0\r\n\r\n${POISON}`,
  'two equal Content-Length': `${head('Content-Length: 2\r\nContent-Length: 2')}ok${POISON}`,
  'two different Content-Length': `${head('Content-Length: 2\r\ncontent-length: 0')}ok${POISON}`,
  'a list of lengths': `${head('Content-Length: 2, 2')}ok`,
  'a negative length': `${head('Content-Length: -2')}ok`,
  'a length with a plus': `${head('Content-Length: +2')}ok`,
  'a hexadecimal length': `${head('Content-Length: 0x2')}ok`,
  'an empty length': `${head('Content-Length:')}ok`,
  'a length that is no exact number': `${head('Content-Length: 9007199254740993')}ok`,
  'an unknown coding': `${head('Transfer-Encoding: xchunked')}0\r\n\r\n`,
  'identity after chunked': `${head('Transfer-Encoding: chunked, identity')}0\r\n\r\n`,
  'a coding before chunked': `${head('Transfer-Encoding: gzip, chunked')}0\r\n\r\n`,
  'two Transfer-Encoding': `${head('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked')}0\r\n\r\n`,
  'a tab before the colon': `${head('Transfer-Encoding\t: chunked')}0\r\n\r\n`,
  'a blank before the colon': `${head('Content-Length : 2')}ok`,
  'VT before the value': `${head('Transfer-Encoding:\x0bchunked')}0\r\n\r\n`,
  'a folded line': `${head('X-A: 1\r\n Content-Length: 2')}ok`,
  'a name after a blank': `${head(' Content-Length: 2')}ok`,
  'a bare LF': `HTTP/1.1 200 OK\r\nContent-Length: 2\nX-A: 1\r\n\r\nok`,
  'a bare LF for the empty line': `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\nok`,
  'a bare CR in a value': `${head('X-A: 1\rSet-Cookie: a=b\r\nContent-Length: 2')}ok`,
  'NUL in a value': `${head('X-A: \0\r\nContent-Length: 2')}ok`,
  'NUL in a name': `${head('X\0A: 1\r\nContent-Length: 2')}ok`,
  'no colon': `${head('X-A\r\nContent-Length: 2')}ok`,
  'Transfer-Encoding in HTTP/1.0': 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'HTTP/2.0 in a status line': 'HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok',
  'a status of two digits': 'HTTP/1.1 99 OK\r\nContent-Length: 2\r\n\r\nok',
  'a status of four digits': 'HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nok',
  'a 101 nobody asked for': `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n${POISON}`,
  'a body of a 204': `HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok`,
  'a body of a 103': `HTTP/1.1 103 Early Hints\r\nContent-Length: 2\r\n\r\nok${OK}`,
  'a head of 70 KB': `${head(`X-A: ${'x'.repeat(70_000)}\r\nContent-Length: 2`)}ok`,
  'a head of 300 fields': `${head(`${'X-A: 1\r\n'.repeat(300)}Content-Length: 2`)}ok`,
  'interim answers without end': `${'HTTP/1.1 102 Processing\r\n\r\n'.repeat(100)}${OK}`,
  'what is not HTTP': 'SSH-2.0-OpenSSH_9.2\r\n\r\n',
};

await t.test('an answer whose end is in doubt is a 502, and its connection is dropped', async (t) => {
  const scene = await stage(t);
  for (const [name, bytes] of Object.entries(BAD_HEADS)) {
    scene.answers = bytes;
    const client = (await scene.connect()).write(GET);
    const answer = await finalAnswer(client);
    t.strictSame([answer.status, (JSON.parse(answer.text) as { code: string }).code], [502, 'upstream_bad_response'], name);
    t.equal(answer.headers['set-cookie'], undefined, name);
    client.destroy();
    await checkDropped(t, scene, name);
  }
});

const BAD_BODIES: Readonly<Record<string, string>> = {
  'a chunk size that is no number': '2\r\nok\r\nx\r\n',
  'a chunk size with 0x': '2\r\nok\r\n0x2\r\nok\r\n0\r\n\r\n',
  'a negative chunk size': '2\r\nok\r\n-2\r\nok\r\n0\r\n\r\n',
  'a chunk size that overflows': '2\r\nok\r\n10000000000000002\r\nok\r\n0\r\n\r\n',
  'a chunk that is longer than its size': '2\r\nok!\r\n0\r\n\r\n',
  'a bare LF after a chunk size': '2\r\nok\r\n2\nok\r\n0\r\n\r\n',
  'a bare LF in a chunk extension': '2\r\nok\r\n2;a\nok\r\n0\r\n\r\n',
  'chunk extensions of 20 KB': `2\r\nok\r\n2;a=${'x'.repeat(20_000)}\r\nok\r\n0\r\n\r\n`,
  'a trailer that frames': '2\r\nok\r\n0\r\nContent-Length: 2\r\n\r\n',
  'a trailer that sets a cookie': '2\r\nok\r\n0\r\nSet-Cookie: a=b\r\n\r\n',
  'a trailer whose name is no token': '2\r\nok\r\n0\r\nX A: 1\r\n\r\n',
  'trailers of 20 KB': `2\r\nok\r\n0\r\nX-A: ${'x'.repeat(20_000)}\r\n\r\n`,
};

await t.test('a body that breaks its framing is cut for the client too, and its connection dropped', async (t) => {
  const scene = await stage(t);
  for (const [name, body] of Object.entries(BAD_BODIES)) {
    scene.answers = `${head('Transfer-Encoding: chunked')}${body}`;
    const client = (await scene.connect()).write(GET);
    const text = await client.readToEnd();
    // Where the fault came in the same read as the head, the client gets nothing of it at all.
    t.ok(text.startsWith('HTTP/1.1 502 ') || !text.includes('\r\n0\r\n'), `${name}: not whole`);
    t.notMatch(text, /set-cookie/i, name);
    await checkDropped(t, scene, name);
  }
});

await t.test('HTTP/2: the same is a 502 or a reset', async (t) => {
  const scene = await stage(t);
  const session = await connectH2(t, scene.httpsPort, scene.ca);
  for (const name of ['Content-Length beside Transfer-Encoding', 'a bare CR in a value', 'a 101 nobody asked for']) {
    scene.answers = BAD_HEADS[name] ?? '';
    t.equal((await requestH2(session, { ':path': '/' })).status, 502, name);
  }
  scene.answers = `${head('Transfer-Encoding: chunked')}2\r\nok\r\nx\r\n`;
  const broken = await requestH2(session, { ':path': '/' });
  t.ok(broken.resetCode !== 0 || broken.status === 502, 'a broken body');
  scene.answers = OK;
  t.equal((await requestH2(session, { ':path': '/' })).body.toString(), 'ok', 'the connection of the client goes on');
});

await t.test('a second answer behind the one that was asked for is given to nobody', async (t) => {
  const scene = await stage(t);
  const cases: Readonly<Record<string, string>> = {
    'behind a length': `${OK}${POISON}`,
    'behind the last chunk': `${head('Transfer-Encoding: chunked')}2\r\nok\r\n0\r\n\r\n${POISON}`,
    'behind a 304': `HTTP/1.1 304 Not Modified\r\nContent-Length: 6\r\n\r\n${POISON}`,
    'behind a 204': `HTTP/1.1 204 No Content\r\n\r\n${POISON}`,
  };
  for (const [name, answers] of Object.entries(cases)) {
    scene.answers = answers;
    const client = (await scene.connect()).write(GET);
    t.notMatch((await client.readResponse()).text, 'poison', name);
    await checkDropped(t, scene, name);
    t.equal(client.received.length, 0, name);
  }
});

await t.test('an answer to HEAD has no body, whatever it announces, and one that has all the same spoils nothing', async (t) => {
  const scene = await stage(t);
  scene.answers = POISON;
  const client = (await scene.connect()).write('HEAD / HTTP/1.1\r\nHost: a.test\r\n\r\n');
  const answer = await client.readResponse({ method: 'HEAD' });
  t.equal(answer.headers['content-length'], '6');
  await checkDropped(t, scene, 'HEAD');
  t.equal(client.received.length, 0);
});

await t.test('bytes on a connection that rests close it', async (t) => {
  const late = await startRecordingUpstream(t, (_request, socket) => {
    socket.write(OK, 'latin1', () => setImmediate(() => socket.write(POISON, 'latin1')));
  });
  const gateway = await configure(`defaults: { https: both }\nroutes: [{ upstream: "${late.target}" }]`);
  const client = await RawClient.connect({ port: gateway.httpPort });
  t.teardown(() => client.destroy());
  t.equal((await client.write(GET).readResponse()).text, 'ok');
  await eventually(() => late.open === 0);
  t.equal((await client.write(GET).readResponse()).text, 'ok');
  t.equal(late.connections, 3, 'beside that of the reload, which asks whether it is there');
});
