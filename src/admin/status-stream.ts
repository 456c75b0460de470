import type { ServerResponse } from 'node:http';
import type { RecentRequest } from '../observe/recent-request.ts';
import { EventReaders, eventText } from './event-readers.ts';
import type { AdminServices } from './services.ts';
import type { StatusSecond } from './status-source.ts';
import { statusView } from './status-view.ts';

/** What the page is made of. */
export type StatusStreamServices = Pick<AdminServices, 'status' | 'certificates' | 'generations' | 'refusal' | 'requests' | 'traffic'>;

type Sections = ReadonlyMap<string, string>;

const STREAMS_MAX = 16;
/** A reader that is behind by so much is cut off, and comes back to a new snapshot. */
const BACKLOG_BYTES_MAX = 8 * 1024 * 1024;
const FAILURES_MAX = 40;
/** Most of what has such a status is an answer of the upstream, which is no error here. */
const REFUSALS_MAX = 200;
const ANY = { route: null, code: null, slowMs: null, client: null } as const;

/**
 * Tells everybody who watches: everything at first, then each second what has changed. One answer is made for all,
 * and none while nobody watches.
 */
export class StatusStream {
  readonly #services: StatusStreamServices;
  readonly #readers = new EventReaders({ readersMax: STREAMS_MAX, backlogBytesMax: BACKLOG_BYTES_MAX });
  #sent: Sections = new Map();
  #errors: readonly RecentRequest[] = [];
  #isAsking = false;
  #stop: (() => void) | null = null;

  constructor(services: StatusStreamServices) {
    this.#services = services;
  }

  /** As many watch as may. */
  get isFull(): boolean {
    return this.#readers.isFull;
  }

  /** Takes over the response, until its reader leaves. */
  async add(response: ServerResponse): Promise<void> {
    this.#readers.add(response, () => this.#rest());
    if (this.#sent.size === 0) await this.#ask();
    if (!this.#readers.has(response)) return;
    const sections = this.#sections();
    this.#readers.begin(response, snapshotText('snapshot', JSON.stringify(this.#services.traffic.snapshot()), sections));
    if (this.#sent.size === 0) this.#sent = sections;
    this.#stop ??= this.#services.traffic.onSecond((second) => this.#tell(second));
  }

  /** Ends every stream, so that a server that closes need not wait for them. */
  end(): void {
    this.#readers.end();
  }

  #rest(): void {
    if (this.#readers.size > 0) return;
    this.#stop?.();
    this.#stop = null;
    this.#sent = new Map();
  }

  #tell(second: StatusSecond): void {
    void this.#ask();
    const sections = this.#sections();
    const changed = new Map([...sections].filter(([name, text]) => this.#sent.get(name) !== text));
    this.#sent = sections;
    this.#readers.tell(snapshotText('second', JSON.stringify(second), changed));
  }

  /** What comes is told in the next second: nobody waits for a worker that is busy. */
  async #ask(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      const { requests } = this.#services;
      const [failures, refusals] = await Promise.all([
        requests.last({ ...ANY, status: [500, 599] }, FAILURES_MAX),
        requests.last({ ...ANY, status: [400, 499] }, REFUSALS_MAX),
      ]);
      this.#errors = [...failures.requests, ...refusals.requests.filter(({ code }) => code !== '')];
    } catch {
      // Sluice is about to end; what was known is shown until then.
    } finally {
      this.#isAsking = false;
    }
  }

  #sections(): Sections {
    const services = this.#services;
    const view = statusView({
      status: services.status(), certificates: services.certificates(), generations: services.generations(), refusal: services.refusal(),
      errors: this.#errors, traffic: services.traffic.snapshot(),
    });
    return new Map(Object.entries(view).map(([name, section]) => [name, JSON.stringify(section)]));
  }
}

function snapshotText(name: string, traffic: string, sections: Sections): string {
  const members = [...sections].map(([key, text]) => `"${key}":${text}`);
  return eventText(name, `{${[`"traffic":${traffic}`, ...members].join(',')}}`);
}
