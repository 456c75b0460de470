import type { Clock } from '../lib/clock.ts';
import { AdminClientError, type AdminPlace } from './admin-client.ts';
import type { ServerEvent } from './event-parser.ts';
import { openEvents } from './event-client.ts';

interface Following {
  /** Asked before each connection but the first: the gateway may listen elsewhere by then. */
  readonly seek: () => AdminPlace;
  readonly path: string;
  /** Ends it. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** What happens to who follows events: a connection, its events, its end. */
type FollowerStep =
  | { readonly kind: 'open'; readonly isFirst: boolean; readonly place: AdminPlace }
  | { readonly kind: 'event'; readonly event: ServerEvent }
  | { readonly kind: 'lost'; readonly place: AdminPlace };

interface Connection {
  readonly place: AdminPlace;
  readonly events: AsyncGenerator<ServerEvent>;
}

const RETRY_MS = 1000;
/** No answer, too many requests, too many streams. */
const PASSING: ReadonlySet<number | null> = new Set([null, 429, 503]);

/**
 * Follows a stream of events over restarts of the gateway, for as long as the signal lets it: a connection that is lost is
 * tried again each second. Throws AdminClientError where the first one fails, or a later one is refused for good.
 */
export async function* followEvents(place: AdminPlace, following: Following): AsyncGenerator<FollowerStep> {
  let isFirst = true;
  for await (const connection of { [Symbol.asyncIterator]: () => new Attempts(place, following) }) {
    if (connection === null) continue;
    const { place: at, events } = connection;
    yield { kind: 'open', isFirst, place: at };
    isFirst = false;
    for await (const event of events) yield { kind: 'event', event };
    if (!following.signal.aborted) yield { kind: 'lost', place: at };
  }
}

/** Connections one after the other; null: this one failed. */
class Attempts implements AsyncIterator<Connection | null> {
  readonly #first: AdminPlace;
  readonly #following: Following;
  #isFirst = true;

  constructor(place: AdminPlace, following: Following) {
    this.#first = place;
    this.#following = following;
  }

  async next(): Promise<IteratorResult<Connection | null>> {
    const { path, seek, signal, clock } = this.#following;
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    if (!isFirst) await pause(clock, signal);
    if (signal.aborted) return { done: true, value: null };
    const place = isFirst ? this.#first : seek();
    try {
      return { done: false, value: { place, events: await openEvents(place, { path, signal }) } };
    } catch (error) {
      if (signal.aborted) return { done: true, value: null };
      if (isFirst || !(error instanceof AdminClientError) || !PASSING.has(error.status)) throw error;
      return { done: false, value: null };
    }
  }
}

/** Until it is time to try again, or over. */
async function pause(clock: Clock, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const stop = clock.every(RETRY_MS, go);
    signal.addEventListener('abort', go);
    function go(): void {
      stop();
      signal.removeEventListener('abort', go);
      resolve();
    }
  });
}
