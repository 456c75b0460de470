import type { Socket } from 'node:net';
import type { Config } from '../config/config.ts';
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
  #key = '';

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  accept(socket: Socket, secure: boolean): void {
    this.#current?.accept(socket, secure);
  }

  /**
   * New connections come in by a door of this configuration from now on. Limits, deadlines and rules for client certificates
   * are properties of the protocol servers: other ones mean another door, and the same ones none.
   */
  open({ listen, tls }: Pick<Config, 'listen' | 'tls'>, isSecure: boolean, make: () => Door): void {
    const key = JSON.stringify([listen.limits, listen.timeouts, isSecure, tls.clients]);
    if (key === this.#key) return;
    this.#key = key;
    if (this.#current !== null) this.#retire(this.#current);
    this.#current = make();
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
