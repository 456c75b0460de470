import { Readable } from 'node:stream';
import type { Clock } from '../lib/clock.ts';

/** Events sent again to a client that comes back, and held for one that does not read. */
const EVENTS_MAX = 60;

const BUFFER_BYTES_MAX = 65_536;

/**
 * A stream of server-sent events (HTML standard, 9.2), one a second. The id of an event is its second since the
 * epoch, which all instances share: whichever one a client comes back to sends what the client missed.
 */
export class EventStream extends Readable {
  readonly #instance: string;
  readonly #clock: Clock;
  readonly #stopTicking: () => void;
  #lastId: number;

  /** `lastEventId` is the header the client came back with, or undefined. */
  constructor(instance: string, clock: Clock, lastEventId: string | undefined) {
    super();
    this.#instance = instance;
    this.#clock = clock;
    this.#lastId = this.#firstId(lastEventId) - 1;
    this.push('retry: 1000\n\n');
    this.#sendDue();
    this.#stopTicking = clock.every(1000, () => this.#sendDue());
  }

  override _read(): void {
    // Time pushes; a reader has nothing to ask for.
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#stopTicking();
    callback(error);
  }

  /** Ends the stream in good order, so that the client comes back at once. */
  end(): void {
    this.#stopTicking();
    this.push(null);
  }

  #firstId(lastEventId: string | undefined): number {
    const currentId = this.#currentId();
    if (lastEventId === undefined || !/^[0-9]{1,12}$/.test(lastEventId)) return currentId;
    return Math.min(Math.max(Number(lastEventId) + 1, currentId - EVENTS_MAX + 1), currentId + 1);
  }

  #currentId(): number {
    return Math.floor(this.#clock.now() / 1000);
  }

  /** A tick that is late or early by a little sends two events or none: no second is lost or sent twice. */
  #sendDue(): void {
    if (this.readableLength > BUFFER_BYTES_MAX) {
      this.destroy();
      return;
    }
    const currentId = this.#currentId();
    for (let id = Math.max(this.#lastId + 1, currentId - EVENTS_MAX + 1); id <= currentId; id++) {
      this.#lastId = id;
      const data = JSON.stringify({ instance: this.#instance, time: new Date(id * 1000).toISOString(), isLate: id < currentId });
      this.push(`id: ${id}\nevent: tick\ndata: ${data}\n\n`);
    }
  }
}
