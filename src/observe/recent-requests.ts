import type { AccessRecord } from './access-record.ts';
import type { Privacy } from './privacy.ts';
import type { RecentAnswer, RecentQuery, RecentRequest, RequestFilter } from './recent-request.ts';
import { maskUrl } from './secret-mask.ts';

const TEXT_CHARS_MAX = 1024;
const AGENT_CHARS_MAX = 512;
const ID_CHARS_MAX = 128;
const METHOD_CHARS_MAX = 32;
const CUT_MARK = '…';
/** The longest thing that is masked: of a text that was cut so much is left out, where one may have been cut in two. */
const CUT_CHARS = 320;

/**
 * The last requests of one worker. A place is written over, never made anew, and what is shown of it (its masks too) is
 * made only when somebody asks: a request costs two dozen stores here (test/bench/micro/request-end.bench.ts).
 */
export class RecentRequests {
  #places: Place[] = [];
  /** Requests that have ended so far. */
  #seen = 0;
  /** Those before it were forgotten when the number of places became another. */
  #first = 0;

  /** From now on so many are kept. */
  keep(count: number): void {
    if (count === this.#places.length) return;
    this.#places = Array.from({ length: count }, () => new Place());
    this.#first = this.#seen;
  }

  add(request: AccessRecord): void {
    const { length } = this.#places;
    if (length > 0) this.#places[this.#seen % length]!.take(request);
    this.#seen += 1;
  }

  read({ filter, after, count }: RecentQuery, privacy: Privacy): RecentAnswer {
    const { length } = this.#places;
    const oldest = Math.max(this.#first, this.#seen - length);
    const start = Math.max(oldest, Math.min(after, this.#seen));
    const wanted = readerOf(filter, privacy);
    const requests: RecentRequest[] = [];
    let more = 0;
    for (let number = this.#seen - 1; number >= start; number -= 1) {
      const place = this.#places[number % length]!;
      if (!wanted(place)) continue;
      if (requests.length < count) requests.push(place.show(privacy));
      else more += 1;
    }
    return { requests: requests.toReversed(), seen: this.#seen, missed: start - Math.min(after, start) + more };
  }
}

/** A filter made ready for many requests. */
function readerOf({ route, status, code, slowMs, client }: RequestFilter, privacy: Privacy): (place: Place) => boolean {
  // Who may not see an address must not find it out by trying either, so what is masked is compared masked.
  const shownClient = client === null ? null : privacy.address(client);
  return (place) =>
    (route === null || place.routeId === route) &&
    (status === null || (place.status >= status[0] && place.status <= status[1])) &&
    (code === null || place.errorCode === code) &&
    (slowMs === null || place.totalMs >= slowMs) &&
    (shownClient === null || privacy.address(place.clientAddress) === shownClient);
}

class Place {
  #startedAtMs = 0;
  #id = '';
  #trace = '';
  #method = '';
  #scheme: 'http' | 'https' = 'http';
  #host = '';
  #path = '';
  #query = '';
  #protocol = '';
  #tls = '';
  #reason = '';
  #peerAddress = '';
  #upstream = '';
  #target = '';
  #attempts = 0;
  #bytesIn = 0;
  #bytesOut = 0;
  #connectMs = -1;
  #headMs = -1;
  #responseMs = -1;
  #agent = '';
  #referer = '';
  #upgrade = '';
  status = 0;
  errorCode = '';
  totalMs = -1;
  routeId = '';
  clientAddress = '';

  take(request: AccessRecord): void {
    this.#startedAtMs = request.startedAtMs;
    this.#id = bounded(request.id, ID_CHARS_MAX);
    this.#trace = request.traceId;
    this.#method = bounded(request.method, METHOD_CHARS_MAX);
    this.#scheme = request.scheme;
    this.#protocol = request.protocol;
    this.#tls = request.tlsVersion;
    this.#reason = bounded(request.errorDetail, TEXT_CHARS_MAX);
    this.#peerAddress = request.peerAddress;
    this.#upstream = request.upstream;
    this.#target = request.target;
    this.#attempts = request.attempts;
    this.#bytesIn = request.bytesIn;
    this.#bytesOut = request.bytesOut;
    this.#connectMs = request.connectMs;
    this.#headMs = request.headMs;
    this.#responseMs = request.responseMs;
    this.#agent = bounded(request.userAgent, AGENT_CHARS_MAX);
    // Masked before it is cut: half of a user name and a password is not known for what it is.
    this.#referer = request.referer.length > TEXT_CHARS_MAX ? copied(maskUrl(request.referer)) : request.referer;
    this.#upgrade = request.upgrade;
    this.status = request.status;
    this.errorCode = request.errorCode;
    this.totalMs = request.totalMs;
    this.routeId = request.routeId;
    this.clientAddress = request.clientAddress;
    // A piece of a long text keeps all of it in memory, and a client can send a thousand of them.
    const isLong = request.url.length > TEXT_CHARS_MAX;
    this.#host = isLong ? copied(request.host) : request.host;
    this.#path = isLong ? copied(request.path) : request.path;
    this.#query = isLong ? copied(request.query) : request.query;
  }

  show(privacy: Privacy): RecentRequest {
    const { clientAddress } = this;
    const reason = privacy.reason({ errorDetail: this.#reason, clientAddress, peerAddress: this.#peerAddress });
    return {
      time: new Date(this.#startedAtMs).toISOString(),
      endedAtMs: this.#startedAtMs + Math.max(this.totalMs, 0),
      requestId: this.#id,
      trace: this.#trace,
      method: privacy.word(this.#method),
      scheme: this.#scheme,
      host: privacy.host(this.#host),
      path: withoutCut(privacy.path({ path: this.#path, query: this.#query })),
      protocol: this.#protocol,
      tls: this.#tls,
      status: this.status,
      code: this.errorCode,
      reason: withoutCut(reason),
      client: privacy.address(clientAddress),
      route: this.routeId,
      upstream: this.#upstream,
      target: this.#target,
      attempts: this.#attempts,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      requestMs: duration(this.totalMs),
      connectMs: duration(this.#connectMs),
      headMs: duration(this.#headMs),
      responseMs: duration(this.#responseMs),
      userAgent: withoutCut(privacy.userAgent(this.#agent)),
      referer: withoutCut(privacy.referer(this.#referer)),
      upgrade: privacy.word(this.#upgrade),
    };
  }
}

function bounded(text: string, charsMax: number): string {
  return text.length > charsMax ? copied(text, charsMax) : text;
}

/** Its beginning, as a text of its own. */
function copied(text: string, charsMax = TEXT_CHARS_MAX): string {
  return Buffer.from(text.length > charsMax ? text.slice(0, charsMax) + CUT_MARK : text).toString();
}

function withoutCut(masked: string): string {
  return masked.length > AGENT_CHARS_MAX && masked.endsWith(CUT_MARK) ? masked.slice(0, -CUT_CHARS) + CUT_MARK : masked;
}

function duration(ms: number): number | null {
  return ms < 0 ? null : Math.round(ms * 100) / 100;
}
