import type { Socket } from 'node:net';
import type { Clock } from '../lib/clock.ts';
import type { FrontDoor } from '../listen/front-door.ts';

type Door = Pick<FrontDoor, 'accept' | 'retire' | 'drain' | 'close' | 'isEmpty'>;

/** How often the connections of earlier doors are looked at. */
const OLD_DOOR_CHECK_MS = 1000;

/** The door that new connections come in by, and earlier ones whose connections finish what they are at. */
export class Doors {
  readonly #clock: Clock;
  readonly #old = new Set<Door>();
  #current: Door | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  accept(socket: Socket, secure: boolean): void {
    this.#current?.accept(socket, secure);
  }

  /** New connections come in here from now on. */
  open(door: Door): void {
    if (this.#current !== null) this.#retire(this.#current);
    this.#current = door;
  }

  /** To be repeated until no connection is left. */
  drain(): void {
    for (const door of this.#all()) door.drain();
  }

  close(): void {
    for (const door of this.#all()) door.close();
  }

  #all(): Door[] {
    return this.#current === null ? [] : [this.#current, ...this.#old];
  }

  #retire(door: Door): void {
    this.#old.add(door);
    door.retire();
    const stop = this.#clock.every(OLD_DOOR_CHECK_MS, () => {
      if (!door.isEmpty) return;
      stop();
      door.close();
      this.#old.delete(door);
    });
  }
}
