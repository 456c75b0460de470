import { beginsWith, isName, readFieldLines, trimmed, type FieldSink, type Section } from './field-lines.ts';
import { CR, DIGIT_NINE, DIGIT_ZERO, IS_TEXT, LF, octetAt, SEMICOLON, SPACE, TAB } from './octet.ts';
import type { FieldFault, FramingFault, HeadFault } from './response-fault.ts';

/** How the end of the body is found (RFC 9112 §6.3). `close`: the body lasts until the connection ends. */
type BodyFraming = 'none' | 'length' | 'chunked' | 'close';

/** A response head that was accepted, with what framing and forwarding need of it, found in the one pass over it. */
export interface ResponseHead {
  /** 100 to 999. */
  readonly status: number;
  /** Reason phrase as sent, latin1; '' where there was none. */
  readonly statusText: string;
  /** 0 or 1: HTTP/1.0 or HTTP/1.1. */
  readonly minorVersion: number;
  /** Name, value, name, value, in the order and case sent; latin1, values without surrounding white space. */
  readonly rawHeaders: string[];
  /** Value of Content-Length in bytes, -1 without one. For HEAD and 304 it is not the length of what follows. */
  readonly contentLength: number;
  /** Transfer-Encoding is `chunked`. For HEAD and 304 no chunk follows. */
  readonly chunked: boolean;
  /** What follows this head on the connection. */
  readonly framing: BodyFraming;
  /** By version, Connection and framing, the connection can carry another response after this one. */
  readonly keepAlive: boolean;
  /** An accepted 101: what follows is no HTTP. */
  readonly upgrade: boolean;
  /** Value of Upgrade, '' without one. In a 101 it names what the connection speaks from now on. */
  readonly upgradeTo: string;
  /** Value of the last Content-Type, '' without one. */
  readonly contentType: string;
  /** The media type is `text/event-stream`. */
  readonly eventStream: boolean;
  /** Lower-case names that Connection lists, without `close`, `keep-alive` and `upgrade`; usually one shared empty array. */
  readonly connectionTokens: readonly string[];
  readonly hasDate: boolean;
  readonly hasServer: boolean;
}

const STATUS_AT = 'HTTP/1.1 '.length;
const REASON_AT = 'HTTP/1.1 200'.length;
const CONNECTION_TOKENS_MAX = 32;
const NO_TOKENS: readonly string[] = Object.freeze([]);
const EVENT_STREAM = 'text/event-stream';

/**
 * Reads a head (RFC 9112 §4, §5, §6), from `HTTP/1.` to the empty line. `noBody`: it answers a HEAD request.
 * Refuses what leaves the end of the body in doubt, also where the RFC would allow a repair.
 */
export function readResponseHead(
  section: Section,
  noBody: boolean,
  upgradeRequested: boolean,
  headerCountMax: number,
): ResponseHead | HeadFault | FieldFault | FramingFault {
  const { bytes, start, text } = section;
  const minorVersion = text.startsWith('HTTP/1.1 ') ? 1 : 0;
  if (minorVersion === 0 && !text.startsWith('HTTP/1.0 ')) return 'not an HTTP/1.0 or HTTP/1.1 status line';
  const status = readDigits(text, STATUS_AT, REASON_AT);
  let at = start + REASON_AT;
  let octet = octetAt(bytes, at);
  if (status < 100 || (octet !== SPACE && octet !== CR && octet !== LF)) return 'status is not three digits from 100 to 999';
  const reasonStart = octet === SPACE ? ++at : at;
  for (octet = octetAt(bytes, at); IS_TEXT[octet] === 1;) octet = octetAt(bytes, ++at);
  if (octet !== CR) return octet === LF ? 'bare LF' : 'byte not allowed in the reason phrase';
  if (octetAt(bytes, at + 1) !== LF) return 'bare CR';

  const head = new HeadSink(minorVersion, status, text.substring(reasonStart - start, at - start));
  return readFieldLines(section, at + 2, headerCountMax, head) ?? head.frame(noBody, upgradeRequested) ?? head;
}

/** The head while it is read. */
class HeadSink implements ResponseHead, FieldSink<FieldFault | FramingFault> {
  readonly status: number;
  readonly statusText: string;
  readonly minorVersion: number;
  readonly rawHeaders: string[] = [];
  contentLength = -1;
  chunked = false;
  framing: BodyFraming = 'none';
  keepAlive: boolean;
  upgrade = false;
  upgradeTo = '';
  contentType = '';
  eventStream = false;
  connectionTokens: readonly string[] = NO_TOKENS;
  hasDate = false;
  hasServer = false;
  #connectionUpgrade = false;
  #connectionClose = false;

  constructor(minorVersion: number, status: number, statusText: string) {
    this.minorVersion = minorVersion;
    this.status = status;
    this.statusText = statusText;
    this.keepAlive = minorVersion === 1;
  }

  /** Most names are told from those that matter by their length alone. */
  field(name: string, value: string, spaceAfter: boolean): FieldFault | FramingFault | null {
    switch (name.length) {
      case 4:
        this.hasDate ||= isName(name, 'date');
        return null;
      case 6:
        this.hasServer ||= isName(name, 'server');
        return null;
      case 7:
        if (isName(name, 'upgrade') && value !== '') this.upgradeTo = this.upgradeTo === '' ? value : `${this.upgradeTo}, ${value}`;
        return null;
      case 10:
        return isName(name, 'connection') ? this.#connection(value) : null;
      case 12:
        if (isName(name, 'content-type')) this.#contentType(value);
        return null;
      case 14:
        return isName(name, 'content-length') ? this.#contentLength(value) : null;
      case 17:
        return isName(name, 'transfer-encoding') ? this.#transferEncoding(value, spaceAfter) : null;
      default:
        return null;
    }
  }

  /** Finds what follows the head (RFC 9112 §6.3), once all fields are known. */
  frame(noBody: boolean, upgradeRequested: boolean): HeadFault | FramingFault | null {
    if (this.chunked && this.contentLength >= 0) return 'Content-Length beside Transfer-Encoding';
    if (this.#connectionClose) this.keepAlive = false;
    const { status } = this;
    if (status < 200 || status === 204) {
      // Peers differ on whether such a body is there, so it is not left to chance; a length of 0 is harmless.
      if (this.chunked || this.contentLength > 0) return 'body announced for a status that has none';
      return status < 200 ? this.#interim(upgradeRequested) : null;
    }
    if (noBody || status === 304) return null;
    if (this.chunked) this.framing = 'chunked';
    else if (this.contentLength >= 0) this.framing = 'length';
    else {
      this.framing = 'close';
      this.keepAlive = false;
    }
    return null;
  }

  /** RFC 9110 §15.2 and, for 101, §7.8. A 1xx that ends the connection would leave the request without an answer. */
  #interim(upgradeRequested: boolean): HeadFault | null {
    if (this.minorVersion === 0) return '1xx in HTTP/1.0';
    if (this.#connectionClose) return '1xx with Connection: close';
    if (this.status !== 101) return null;
    if (!upgradeRequested) return '101 nobody asked for';
    if (this.upgradeTo === '' || !this.#connectionUpgrade) return '101 without Connection: upgrade and Upgrade';
    this.upgrade = true;
    this.keepAlive = false;
    return null;
  }

  #contentLength(value: string): FramingFault | null {
    if (this.contentLength >= 0) return 'two Content-Length headers';
    this.contentLength = readDigits(value, 0, value.length);
    return this.contentLength < 0 ? 'Content-Length is not a number' : null;
  }

  #transferEncoding(value: string, spaceAfter: boolean): FramingFault | null {
    if (this.chunked) return 'two Transfer-Encoding headers';
    if (this.minorVersion === 0) return 'Transfer-Encoding in HTTP/1.0';
    // To llhttp `chunked` and a tab is an unknown coding, which lasts until the connection ends.
    this.chunked = !spaceAfter && (value === 'chunked' || value.toLowerCase() === 'chunked');
    return this.chunked ? null : 'Transfer-Encoding is not exactly chunked';
  }

  #contentType(value: string): void {
    this.contentType = value;
    this.eventStream = isEventStream(value);
  }

  /** RFC 9110 §7.6.1. `close` wins over `keep-alive`, in whatever order and in however many fields they come. */
  #connection(value: string): FieldFault | null {
    for (let start = 0; start <= value.length;) {
      let end = value.indexOf(',', start);
      if (end < 0) end = value.length;
      const token = trimmed(value, start, end).toLowerCase();
      start = end + 1;
      if (token === 'keep-alive') this.keepAlive = true;
      else if (token === 'close') this.#connectionClose = true;
      else if (token === 'upgrade') this.#connectionUpgrade = true;
      else if (token !== '' && !this.#addToken(token)) return 'too many Connection options';
    }
    return null;
  }

  #addToken(token: string): boolean {
    if (this.connectionTokens.length === CONNECTION_TOKENS_MAX) return false;
    this.connectionTokens = [...this.connectionTokens, token];
    return true;
  }
}

/** The media type of a Content-Type is `text/event-stream`. */
export function isEventStream(value: string): boolean {
  const code = value.charCodeAt(EVENT_STREAM.length);
  const typeEnds = value.length === EVENT_STREAM.length || code === SEMICOLON || code === SPACE || code === TAB;
  return typeEnds && beginsWith(value, EVENT_STREAM);
}

/** The number whose digits stand from `start` to `end`; -1 if other than digits, none, or not a safe integer. */
function readDigits(text: string, start: number, end: number): number {
  // Fifteen digits always are a safe integer, and a petabyte is body enough.
  if (end === start || end - start > 15) return -1;
  let number = 0;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (!(code >= DIGIT_ZERO && code <= DIGIT_NINE)) return -1;
    number = number * 10 + code - DIGIT_ZERO;
  }
  return number;
}
