import t from 'tap';
import { GET, post, untraced } from '../helpers/forwarding.ts';
import { startMembers, type Arrival, type ScriptedMembers } from '../helpers/scripted-members.ts';
import { OK } from '../helpers/scripted-upstream.ts';
import type { RawClient } from '../helpers/raw-client.ts';
import { eventually } from '../helpers/wait-for.ts';

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const EMPTY_503 = 'HTTP/1.1 503 No\r\nContent-Length: 4\r\nX-From: a\r\n\r\nbusy';

function put(body: string): string {
  return post(body).replace('POST', 'PUT');
}

function upgrade(fields: string): string {
  return `GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: chat\r\n${fields}\r\n`;
}

/** How member 0 spoils a request that it has. */
const SPOILS: readonly (readonly [what: string, spoil: (target: RawClient, members: ScriptedMembers) => unknown])[] = [
  ['reset', (target) => target.socket.resetAndDestroy()],
  ['closed', (target) => target.end()],
  ['not HTTP', (target) => target.write('220 mail ready\r\n\r\n')],
  ['half a head', (target) => target.write('HTTP/1.1 20').end()],
  ['no answer in time', (_target, { clock }) => clock.advance(1200)],
];

await t.test('an idempotent request that came to nothing is answered by another member', async (t) => {
  for (const [what, spoil] of SPOILS) {
    const members = await startMembers(t, 2, 'timeouts: { response: 1s }');
    const client = await members.send(GET);
    const first = await members.arrival(0);
    spoil(first.target, members);
    const second = await members.arrival(1);
    t.equal(untraced(second.head), untraced(first.head), `${what}: the same request`);
    second.target.write(OK);
    t.equal((await client.readResponse()).status, 200);
    t.match(await members.ended(), { attempts: 2, errorCode: '', target: members.upstreams[1]?.target });
    t.strictSame([members.inFlight(), members.status(0).failures, members.status(1).failures], [[0, 0], 1, 0]);
  }
});

await t.test('threat: a POST of which a byte was sent goes to nobody else', async (t) => {
  for (const [what, spoil] of SPOILS) {
    const members = await startMembers(t, 2, 'timeouts: { response: 1s }');
    const client = await members.send(post('once'));
    const { target } = await members.arrival(0);
    await target.readUntil('once');
    spoil(target, members);
    t.ok((await client.readResponse()).status >= 502, what);
    t.match(await members.ended(), { attempts: 1 });
    t.strictSame([members.upstreams[1]?.connections, members.inFlight()], [0, [0, 0]]);
  }
});

await t.test('no attempt is made when the time for the whole is over', async (t) => {
  const members = await startMembers(t, 2, '', 'timeouts: { response: 9s, total: 3s }');
  const client = await members.send(GET);
  await members.arrival(0);
  members.clock.advance(3300);
  t.equal((await client.readResponse()).status, 504);
  t.match(await members.ended(), { attempts: 1, errorCode: 'upstream_timeout', errorDetail: /longer than 3 s/ });
  t.equal(members.upstreams[1]?.connections, 0);
});

await t.test('a body within the bound is sent again from its first byte', async (t) => {
  const head = 'PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
  const cases = [[put('0123456789'), '0123456789'], [`${head}5\r\n01234\r\n`, '5\r\n01234\r\n']] as const;
  for (const [text, bytes] of cases) {
    const members = await startMembers(t, 2);
    const client = await members.send(text);
    const first = await members.arrival(0);
    await first.target.readUntil(bytes);
    first.target.destroy();
    const second = await members.arrival(1);
    t.equal(await second.target.readUntil(bytes), bytes);
    if (text.startsWith(head)) {
      client.write('3\r\n567\r\n0\r\n\r\n');
      t.equal(await second.target.readUntil('0\r\n\r\n'), '3\r\n567\r\n0\r\n\r\n', 'what comes after goes to the second alone');
    }
    second.target.write(OK);
    t.equal((await client.readResponse()).status, 200);
    t.match(await members.ended(), { attempts: 2, bytesIn: text.startsWith(head) ? 8 : 10 });
  }
});

await t.test('threat: a body over the bound, or with none to keep, is not sent again', async (t) => {
  for (const keys of ['retry: { body: 9B }', 'retry: { body: off }']) {
    const members = await startMembers(t, 2, keys);
    const client = await members.send(put('0123456789'));
    const { target } = await members.arrival(0);
    await target.readUntil('0123456789');
    target.destroy();
    t.equal((await client.readResponse()).status, 502, keys);
    t.match(await members.ended(), { attempts: 1, errorCode: 'upstream_reset' });
    t.equal(members.upstreams[1]?.connections, 0);
  }
});

await t.test('a client that was told to go on is not told again by the second attempt', async (t) => {
  const members = await startMembers(t, 2);
  const client = await members.send('PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n');
  const first = await members.arrival(0);
  first.target.write('HTTP/1.1 100 Continue\r\n\r\n');
  t.equal((await client.readResponse()).status, 100);
  client.write('body');
  await first.target.readUntil('body');
  first.target.destroy();
  const second = await members.arrival(1);
  t.equal(await second.target.readUntil('body'), 'body', 'which does not wait for its own 100 either');
  second.target.write(`HTTP/1.1 100 Continue\r\n\r\n${OK}`);
  t.equal((await client.readResponse()).status, 200);
});

await t.test('a listed status is the other member\'s to better; where nobody else is there the client gets it as it is', async (t) => {
  const members = await startMembers(t, 2, 'retry: { attempts: 1, on: 503 }');
  const client = await members.send(GET);
  (await members.arrival(0)).target.write(EMPTY_503);
  (await members.arrival(1)).target.write(OK);
  const bettered = await client.readResponse();
  t.strictSame([bettered.status, bettered.headers['x-from']], [200, undefined]);
  t.match(await members.ended(0), { attempts: 2, status: 200, errorCode: '' });
  t.strictSame([members.status(0).failures, members.inFlight()], [1, [0, 0]]);

  members.setMode('down', 1);
  const alone = await members.send(GET);
  const { target } = await members.arrival(0);
  target.write(EMPTY_503);
  t.match(await alone.readResponse(), { status: 503, text: 'busy', headers: { 'x-from': 'a', 'retry-after': undefined } });
  t.match(await members.ended(1), { attempts: 1, errorCode: '' });

  members.setMode('up', 1);
  const posted = await members.send(post('x'));
  await target.readUntil('\r\n\r\nx');
  target.write(EMPTY_503);
  t.equal((await posted.readResponse()).text, 'busy', 'a POST never');
});

await t.test('a connection that has gone stale is no failure of the member', async (t) => {
  const members = await startMembers(t, 1);
  const client = await members.send(GET);
  const { target } = await members.arrival(0);
  target.write(OK);
  await client.readResponse();
  client.write(GET);
  await target.readUntil('\r\n\r\n');
  target.destroy();
  (await members.arrival(0)).target.write(OK);
  t.equal((await client.readResponse()).status, 200);
  t.match(await members.ended(1), { attempts: 2 });
  t.match(members.status(0), { requests: 2, failures: 0, inFlight: 0, state: 'up' });
});

await t.test('the cookie of a sticky choice is added once, for the member that answered', async (t) => {
  const members = await startMembers(t, 2, 'balance: { sticky: { cookie: bound, over: round-robin } }');
  const client = await members.send(GET);
  (await members.arrival(0)).target.destroy();
  const { target } = await members.arrival(1);
  target.write(`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${OK.replace('\r\n\r\n', '\r\nSet-Cookie: own=1\r\n\r\n')}`);
  t.equal((await client.readResponse()).headers['set-cookie'], undefined, 'not to what comes before the answer');
  const head = await client.readUntil('\r\n\r\n');
  const cookies = [...head.matchAll(/^set-cookie: ([^;\r]*)/gim)].map(([, cookie]) => cookie ?? '');
  t.equal(cookies.length, 2);
  const bound = cookies.find((cookie) => cookie.startsWith('bound=')) ?? '';
  for (let i = 0; i < 3; i++) {
    const next = await members.send(`GET / HTTP/1.1\r\nHost: a\r\nCookie: ${bound}\r\n\r\n`);
    await target.readUntil('\r\n\r\n');
    target.write(OK);
    t.equal((await next.readResponse()).status, 200, 'and it leads there');
  }
});

await t.test('a WebSocket is bound to its member from the start', async (t) => {
  const members = await startMembers(t, 2, 'balance: { sticky: { cookie: bound } }, keepAlive: { connections: 0 }');
  const agree = 'HTTP/1.1 101 Yes\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\n';
  const client = await members.send(upgrade(''));
  (await members.arrival(0)).target.write(agree);
  const [, cookie] = /^set-cookie: ([^;\r]*)/im.exec(await client.readUntil('\r\n\r\n')) ?? [];
  t.match(cookie, /^bound=/);
  for (let i = 1; i <= 3; i++) {
    const next = await members.send(upgrade(`Cookie: ${cookie}\r\n`));
    (await members.arrival(0)).target.write(agree);
    t.match(await next.readUntil('\r\n\r\n'), /^HTTP\/1\.1 101 /);
    t.strictSame(members.inFlight(), [1 + i, 0]);
  }
});

await t.test('every kind of end gives back the place', async (t) => {
  const held = 'hold: 1m, retry: { attempts: 0 }';
  const ends: readonly (readonly [what: string, keys: string, text: string, act: (client: RawClient, arrival: Arrival, members: ScriptedMembers) => unknown])[] = [
    ['an answer', '', GET, (_client, { target }) => target.write(OK)],
    ['an error answer', '', GET, (_client, { target }) => target.write(EMPTY_503)],
    ['a reset', 'retry: { attempts: 0 }', GET, (_client, { target }) => target.socket.resetAndDestroy()],
    ['a reset, and nobody else', held, GET, (_client, { target }) => target.destroy()],
    ['garbage', 'retry: { attempts: 0 }', GET, (_client, { target }) => target.write('garbage\r\n\r\n')],
    ['a 101 nobody asked for', 'retry: { attempts: 0 }', GET, (_client, { target }) => target.write('HTTP/1.1 101 No\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n')],
    ['an answer that breaks off', '', GET, (_client, { target }) => target.write(`${CHUNKED}3\r\nabc\r\n`).destroy()],
    ['an answer that never comes', 'retry: { attempts: 0 }', GET, (_client, _arrival, { clock }) => clock.advance(61_000)],
    ['a client that leaves before the answer', '', GET, (client) => client.destroy()],
    ['a client that leaves within the answer', '', GET, async (client, { target }) => {
      target.write(`${CHUNKED}3\r\nabc\r\n`);
      await client.readUntil('abc');
      client.destroy();
    }],
    ['a client that breaks its body off', '', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc', (client) => client.destroy()],
    ['a client that breaks its framing', '', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n', (client) => client.write('no chunk\r\n')],
    ['an answer before the body', '', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc', (client, { target }) => {
      target.write(OK);
      client.write('defghi');
    }],
  ];
  for (const [what, keys, text, act] of ends) {
    const members = await startMembers(t, 1, keys);
    const client = await members.send(text);
    const arrival = await members.arrival(0);
    t.strictSame(members.inFlight(), [1], what);
    await act(client, arrival, members);
    await members.ended();
    t.strictSame(members.inFlight(), [0], what);
    client.destroy();
    arrival.target.destroy();
    await eventually(() => members.upstreams[0]?.open === 0);
  }
});

await t.test('a half-open breaker gets its permits back from every call without a verdict', async (t) => {
  const breaker = 'breaker: { errors: 50%, requests: 2, open: 1s, probes: 1, upstream: false }, retry: { attempts: 0 }, eject: off';
  const members = await startMembers(t, 1, breaker);
  for (let i = 0; i < 2; i++) {
    const client = await members.send(GET);
    (await members.arrival(0)).target.write('HTTP/1.1 500 Bad\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    await client.readResponse();
  }
  t.equal(members.status(0).state, 'breaker-open');
  const refused = await (await members.send(GET)).readResponse();
  t.match(refused, { status: 503, headers: { 'retry-after': '1' }, text: /circuit_open/ });
  members.clock.advance(1100);
  t.equal(members.status(0).state, 'half-open');
  for (let i = 0; i < 3; i++) {
    const probe = await members.send(GET);
    const { target } = await members.arrival(0);
    t.match((await (await members.send(GET)).readResponse()).text, /circuit_open/, 'one at a time');
    probe.destroy();
    await target.closed;
    await eventually(() => members.inFlight()[0] === 0);
    t.equal(members.status(0).state, 'half-open', 'a client that went away proves nothing');
  }
  const client = await members.send(GET);
  (await members.arrival(0)).target.write(OK);
  t.equal((await client.readResponse()).status, 200);
  t.equal(members.status(0).state, 'up');
});
