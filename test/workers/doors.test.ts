import type { Socket } from 'node:net';
import t from 'tap';
import { Doors } from '../../src/workers/doors.ts';
import { configOf } from '../helpers/config-text.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

class NotedDoor {
  isEmpty = false;
  readonly notes: string[] = [];

  accept(): void { this.notes.push('accept'); }
  retire(): void { this.notes.push('retire'); }
  drain(): void { this.notes.push('drain'); }
  close(): void { this.notes.push('close'); }
}

const SOCKET = {} as Socket;
const CONFIG = configOf('routes: [{ respond: {} }]');
const OTHER = configOf('listen: { http: 80, limits: { headers: 50 } }\nroutes: [{ respond: {} }]');

await t.test('new connections come in by the newest door; an earlier one closes when it is empty', async (t) => {
  const clock = new ManualClock();
  const doors = new Doors(clock);
  const [old, next] = [new NotedDoor(), new NotedDoor()];
  doors.accept(SOCKET, false);
  doors.open(CONFIG, false, () => old);
  doors.open(CONFIG, false, () => {
    throw new Error('the same door serves on');
  });
  doors.open(OTHER, false, () => next);
  doors.accept(SOCKET, false);
  clock.advance(5000);
  t.strictSame([old.notes, next.notes], [['retire'], ['accept']]);
  old.isEmpty = true;
  clock.advance(1000);
  t.strictSame([old.notes, clock.tickers], [['retire', 'close'], 0]);
  doors.drain();
  doors.close();
  t.strictSame([old.notes, next.notes], [['retire', 'close'], ['accept', 'drain', 'close']], 'it is forgotten');
});

await t.test('draining and closing reach connections of every door', async (t) => {
  const doors = new Doors(new ManualClock());
  const both = [new NotedDoor(), new NotedDoor()];
  for (const [i, door] of both.entries()) doors.open(CONFIG, i === 1, () => door);
  doors.drain();
  doors.close();
  t.strictSame(both.map(({ notes }) => notes.slice(-2)), [['drain', 'close'], ['drain', 'close']]);
});
