import t from 'tap';
import { WaitingRoom, type Waiter } from '../../src/upstream/waiting-room.ts';

/** Waiters that write down when they are called; whose name is in `lucky` leaves. */
function waiters(room: WaitingRoom, names: string, lucky: Set<string>): { readonly list: Waiter[]; readonly called: string[] } {
  const called: string[] = [];
  const list = names.split('').map((name): Waiter => {
    const waiter = {
      onTurn: () => {
        called.push(name);
        if (lucky.has(name)) room.leave(waiter);
        else room.enter(waiter);
      },
    };
    return waiter;
  });
  return { list, called };
}

await t.test('it is bounded, and whoever waits already may ask again', async (t) => {
  const room = new WaitingRoom(2);
  const { list } = waiters(room, 'abc', new Set());
  t.strictSame(list.map((waiter) => room.enter(waiter)), [true, true, false]);
  t.equal(room.enter(list[0]!), true);
  t.equal(room.size, 2);
  room.leave(list[0]!);
  t.equal(room.enter(list[2]!), true);
  t.equal(new WaitingRoom(0).enter(list[0]!), false);
});

await t.test('the first in the queue is called first, and keeps its place where it finds nothing', async (t) => {
  const room = new WaitingRoom(10);
  const lucky = new Set<string>();
  const { list, called } = waiters(room, 'abc', lucky);
  room.callOne();
  for (const waiter of list) room.enter(waiter);
  room.callOne();
  room.callAll();
  t.strictSame([called.splice(0).join(''), room.size], ['aabc', 3]);
  lucky.add('a');
  room.callOne();
  room.callOne();
  t.strictSame([called.join(''), room.size], ['ab', 2]);
});

await t.test('one that leaves while all are called is called no more', async (t) => {
  const room = new WaitingRoom(10);
  const seen: string[] = [];
  const last: Waiter = { onTurn: () => seen.push('last') };
  const first: Waiter = {
    onTurn: () => {
      seen.push('first');
      room.leave(last);
      room.leave(first);
    },
  };
  room.enter(first);
  room.enter(last);
  room.callAll();
  t.strictSame([seen, room.size], [['first'], 0]);
});

await t.test('a call of all ends when so many have found something; whoever finds nothing does not count', async (t) => {
  const room = new WaitingRoom(10);
  const { list, called } = waiters(room, 'abcdef', new Set('bdef'));
  for (const waiter of list) room.enter(waiter);
  t.equal(room.callAll(2), 2);
  t.strictSame([called.splice(0).join(''), room.size], ['abcd', 4]);
  t.equal(room.callAll(3), 2);
  t.strictSame([called.join(''), room.size], ['acef', 2]);
});
