import t from 'tap';
import { GET, post, untraced } from '../helpers/forwarding.ts';
import { startMembers } from '../helpers/scripted-members.ts';
import { OK } from '../helpers/scripted-upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

const HEDGED = 'hedge: { after: 200ms }';

function ok(text: string): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
}

await t.test('a late answer is asked for elsewhere too: the first one counts and the other attempt is let go', async (t) => {
  for (const winner of [0, 1]) {
    const members = await startMembers(t, 2, HEDGED);
    const client = await members.send(GET);
    const first = await members.arrival(0);
    members.clock.advance(100);
    t.equal(members.upstreams[1]?.connections, 0, 'not before its time');
    members.clock.advance(300);
    const second = await members.arrival(1);
    t.equal(untraced(second.head), untraced(first.head));
    t.strictSame(members.inFlight(), [1, 1]);
    const [won, lost] = winner === 0 ? [first, second] : [second, first];
    won.target.write(ok(`from ${winner}`));
    t.equal((await client.readResponse()).text, `from ${winner}`);
    await lost.target.closed;
    t.match(await members.ended(), { attempts: 2, target: members.upstreams[winner]?.target, errorCode: '' });
    t.strictSame(members.inFlight(), [0, 0]);
    t.strictSame([0, 1].map((index) => members.status(index).failures), [0, 0], 'slow is no failure');
  }
});

await t.test('an answer in time is not hedged', async (t) => {
  const members = await startMembers(t, 2, HEDGED);
  const client = await members.send(GET);
  const { target } = await members.arrival(0);
  target.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n');
  await client.readUntil('\r\n\r\n');
  members.clock.advance(1000);
  t.equal(members.upstreams[1]?.connections, 0, 'nor one whose head is there');
  target.write('ok');
  t.equal(await client.readUntil('ok'), 'ok');
});

await t.test('threat: neither a POST nor anything with a body is ever sent twice at once', async (t) => {
  for (const text of [post(''), post('abc'), post('abc').replace('POST', 'PUT'), 'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\n']) {
    const members = await startMembers(t, 2, HEDGED);
    const client = await members.send(text);
    const { target } = await members.arrival(0);
    members.clock.advance(2000);
    target.write(OK);
    t.equal((await client.readResponse()).status, 200);
    t.equal(members.upstreams[1]?.connections, 0, text);
  }
});

await t.test('either attempt may fail while the other goes on', async (t) => {
  for (const fails of [0, 1]) {
    const members = await startMembers(t, 2, HEDGED);
    const client = await members.send(GET);
    const arrivals = [await members.arrival(0)];
    members.clock.advance(400);
    arrivals.push(await members.arrival(1));
    const other = 1 - fails;
    arrivals[fails]?.target.destroy();
    await arrivals[fails]?.target.closed;
    t.equal(client.received.length, 0);
    arrivals[other]?.target.write(ok('well'));
    t.equal((await client.readResponse()).text, 'well');
    t.match(await members.ended(), { attempts: 2, errorCode: '' });
    t.strictSame(members.inFlight(), [0, 0]);
  }
});

await t.test('when both fail, a third member is asked and neither of the two again', async (t) => {
  const members = await startMembers(t, 3, HEDGED);
  const client = await members.send(GET);
  const first = await members.arrival(0);
  members.clock.advance(400);
  const second = await members.arrival(1);
  first.target.destroy();
  await first.target.closed;
  second.target.destroy();
  (await members.arrival(2)).target.write(OK);
  t.equal((await client.readResponse()).status, 200);
  t.match(await members.ended(), { attempts: 3 });
  t.strictSame(members.inFlight(), [0, 0, 0]);
});

await t.test('hedges come out of the retry budget', async (t) => {
  const members = await startMembers(t, 2, `${HEDGED}, balance: { hash: path }, retry: { budget: 0% }, keepAlive: { connections: 0 }`);
  const attempts: number[] = [];
  for (let i = 0; i < 5; i++) {
    const client = await members.send(GET);
    const chosen = await eventually(() => [1, 2][members.inFlight().indexOf(1)]) - 1;
    const { target } = await members.arrival(chosen);
    members.clock.advance(400);
    if (members.inFlight()[1 - chosen] === 1) await members.arrival(1 - chosen);
    target.write(OK);
    await client.readResponse();
    attempts.push((await members.ended(i)).attempts);
  }
  t.strictSame(attempts, [2, 2, 2, 1, 1], 'three are always allowed');
  t.strictSame(members.inFlight(), [0, 0]);
});

await t.test('a client that goes away ends both', async (t) => {
  const members = await startMembers(t, 2, HEDGED);
  const client = await members.send(GET);
  const first = await members.arrival(0);
  members.clock.advance(400);
  const second = await members.arrival(1);
  client.destroy();
  await Promise.all([first.target.closed, second.target.closed]);
  t.match(await members.ended(), { errorCode: 'client_closed' });
  t.strictSame(members.inFlight(), [0, 0]);
});
