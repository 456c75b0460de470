import { AdminClientError, type AdminPlace } from '../admin/admin-client.ts';
import { followEvents } from '../admin/event-follower.ts';
import { followedRequests, getRequests, type RequestQuery, requestStreamPath } from '../admin/request-client.ts';
import { addressText } from '../lib/address-text.ts';
import { systemClock, type Clock } from '../lib/clock.ts';
import { parseDuration } from '../lib/duration.ts';
import type { RecentRequest } from '../observe/recent-request.ts';
import { terminalStyle } from '../observe/terminal-style.ts';
import type { CommandOptions, FilterOptions } from './command-options.ts';
import { jsonLine } from './json-text.ts';
import type { LiveTerminal } from './live-terminal.ts';
import { requestLine } from './request-line.ts';
import { withGateway } from './running-gateway.ts';
import { Exit, type Terminal } from './terminal.ts';

const LAST_DEFAULT = '10';
const STATUS = /^[1-5](?:[0-9]{2}|xx)$/;
const LAST = /^(?:0|[1-9][0-9]{0,2}|1000)$/;
/** Under load some are missed all the time. */
const MISSED_NOTE_MS = 1000;

type TailOptions = Pick<CommandOptions, 'json' | 'filter' | 'last'>;

/** `sluice tail`: requests as they end, at the running gateway, one line each. */
export async function tail(file: string, terminal: Terminal, { json, filter, last }: TailOptions, clock: Clock = systemClock): Promise<number> {
  let query: RequestQuery;
  const count = last ?? LAST_DEFAULT;
  try {
    query = queryOf(filter);
    if (!LAST.test(count)) throw new RangeError(`\`--last ${count}\` is not right: give a number from 0 to 1000`);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    terminal.err(`sluice: ${error.message}.`);
    return Exit.Wrong;
  }
  return withGateway(file, terminal, async (place, seek) => {
    const live = terminal.live();
    try {
      const style = terminalStyle(terminal.outColor);
      const printed = new Tail({ place, seek, query, count, terminal, live, clock, show: json ? jsonLine : (request) => requestLine(request, style) });
      await printed.run();
    } catch (error) {
      // Whoever ended it was not waiting any longer for what was asked.
      if (!(error instanceof AdminClientError) || !live.ended.aborted) throw error;
    } finally {
      live.close();
    }
  });
}

/** @throws RangeError in words for the user. */
function queryOf({ route, status, code, slow, client }: FilterOptions): RequestQuery {
  const wanted = status?.toLowerCase();
  if (wanted !== undefined && !STATUS.test(wanted)) throw new RangeError(`\`--status ${wanted}\` is not right: give a status such as 404, or a class such as 5xx`);
  return {
    ...(route !== undefined && { route }),
    ...(wanted !== undefined && { status: wanted }),
    ...(code !== undefined && { code }),
    ...(slow !== undefined && { slow: String(parseDuration(slow)) }),
    ...(client !== undefined && { client }),
  };
}

interface TailParts {
  /** Where the gateway was found, and is looked for again. */
  readonly place: AdminPlace;
  readonly seek: () => AdminPlace;
  readonly query: RequestQuery;
  /** How many of before. */
  readonly count: string;
  readonly terminal: Terminal;
  readonly live: LiveTerminal;
  readonly clock: Clock;
  readonly show: (request: RecentRequest) => string;
}

class Tail {
  readonly #parts: TailParts;
  /** Of before, for they can be told by the stream, too. */
  readonly #shown = new Set<string>();
  #missed = 0;

  constructor(parts: TailParts) {
    this.#parts = parts;
  }

  async run(): Promise<void> {
    const { place, seek, query, terminal, live, clock } = this.#parts;
    const stopNotes = clock.every(MISSED_NOTE_MS, () => this.#noteMissed());
    live.ended.addEventListener('abort', stopNotes);
    for await (const step of followEvents(place, { path: requestStreamPath(query), seek, signal: live.ended, clock })) {
      if (step.kind === 'lost') terminal.err(`sluice: the connection to ${addressText(step.place.address)} is lost; it is tried again until it is back.`);
      else if (step.kind === 'event') await this.#take(followedRequests(step.event));
      else if (step.isFirst) await this.#showLast();
      else terminal.err(`sluice: connected to ${addressText(step.place.address)} again; requests of the time between are not shown.`);
    }
    this.#noteMissed();
  }

  /** Asked for when the stream is open already, so that none falls between. */
  async #showLast(): Promise<void> {
    const { place, query, count, terminal, live } = this.#parts;
    if (count === '0') return;
    const { requests, silentWorkers } = await getRequests(place, { ...query, count }, live.ended);
    for (const request of requests) this.#shown.add(keyOf(request));
    if (silentWorkers.length > 0) terminal.err(`sluice: of the last requests those of worker ${silentWorkers.join(', ')} are missing: no answer came in time.`);
    await this.#print(requests.toReversed());
  }

  async #take(followed: ReturnType<typeof followedRequests>): Promise<void> {
    if (followed === null) return;
    this.#missed += followed.missed;
    await this.#print(followed.requests.filter((request) => !this.#shown.delete(keyOf(request))));
  }

  async #print(requests: readonly RecentRequest[]): Promise<void> {
    const { live, show } = this.#parts;
    if (requests.length > 0) await live.write(`${requests.map(show).join('\n')}\n`);
  }

  #noteMissed(): void {
    if (this.#missed === 0) return;
    this.#parts.terminal.err(`sluice: ${this.#missed} ${this.#missed === 1 ? 'request' : 'requests'} went by too fast to be shown.`);
    this.#missed = 0;
  }
}

function keyOf({ requestId, time, endedAtMs }: RecentRequest): string {
  return `${requestId} ${time} ${endedAtMs}`;
}
