import type { ServerResponse } from 'node:http';
import type { RequestFilter } from '../observe/recent-request.ts';
import { EventReaders, eventText } from './event-readers.ts';
import type { AdminServices } from './services.ts';

const STREAMS_MAX = 16;
/** Some thousand requests. */
const BACKLOG_BYTES_MAX = 2 * 1024 * 1024;
/** A reader can tell a gateway that is quiet from a connection that died without a word. */
const QUIET_SECONDS_MAX = 5;
/** A comment, which is no event. */
const HEARTBEAT = ':\n\n';

/** Tells everybody who follows the requests that end from now on, to each those that it wants. */
export class RequestStream {
  readonly #services: Pick<AdminServices, 'requests' | 'traffic'>;
  readonly #readers = new EventReaders({ readersMax: STREAMS_MAX, backlogBytesMax: BACKLOG_BYTES_MAX });

  constructor(services: Pick<AdminServices, 'requests' | 'traffic'>) {
    this.#services = services;
  }

  /** As many follow as may. */
  get isFull(): boolean {
    return this.#readers.isFull;
  }

  /** Takes over the response, until its reader leaves. */
  add(response: ServerResponse, filter: RequestFilter): void {
    const { requests, traffic } = this.#services;
    let quietSeconds = 0;
    const stopFollowing = requests.follow(filter, (followed) => {
      quietSeconds = 0;
      this.#readers.write(response, eventText('requests', JSON.stringify(followed)));
    });
    const stopTicking = traffic.onSecond(() => {
      quietSeconds += 1;
      if (quietSeconds < QUIET_SECONDS_MAX) return;
      quietSeconds = 0;
      this.#readers.write(response, HEARTBEAT);
    });
    this.#readers.add(response, () => {
      stopFollowing();
      stopTicking();
    });
    // So that the reader knows at once that it is heard.
    this.#readers.begin(response, HEARTBEAT);
  }

  /** Ends every stream. */
  end(): void {
    this.#readers.end();
  }
}
