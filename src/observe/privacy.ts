import { createHmac } from 'node:crypto';
import type { MaskConfig } from '../config/access-log-config.ts';
import { isSecretHeader } from '../config/secret-name.ts';
import type { AccessRecord } from './access-record.ts';
import { createAddressMask, maskListed } from './address-mask.ts';
import { maskQuery, maskUrl, maskUserInfo } from './secret-mask.ts';
import { createTextMask } from './text-mask.ts';

const HIDDEN = '***';
/** As Sluice and most proxies make ids of requests: what is random says nothing of anybody. */
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Of a trace and of a span. */
const HEX_IDS = /[0-9a-f]{32}|[0-9a-f]{16}/g;
/** Before an id of 64 bits that had to become one of 128. */
const SHORT_TRACE = '0'.repeat(16);
const ZEROS_MIN = 4;
/** Headers that tell the addresses of clients. */
const ADDRESS_HEADERS = /^(?:forwarded|x-forwarded-for|x-real-ip|x-client-ip|true-client-ip|cf-connecting-ip|fastly-client-ip|x-cluster-client-ip|x-original-forwarded-for)$/;

/**
 * What may be shown of a request: without secrets in any case, and without the personal data that `accessLog.mask` names.
 * Everything that shows requests asks here: access log, traces, lists of requests, status page.
 */
export class Privacy {
  /** The address of a client. */
  readonly address: (address: string) => string;
  /** Any text that came from a client, or tells of one. */
  readonly text: (text: string) => string;
  /** A host, which has lost the case of its letters. */
  readonly host: (host: string) => string;
  /** Without addresses, because those of upstreams may be shown. */
  readonly #bare: (text: string) => string;
  readonly #url: (text: string) => string;
  readonly #chosen: ReadonlySet<string>;
  readonly #hiddenHeaders: ReadonlySet<string>;
  readonly #key: string | Uint8Array;
  readonly #keepsAddress: boolean;

  /** @param secret key of hashed addresses where the configuration has none; the same in all workers. */
  constructor(mask: MaskConfig, secret: Uint8Array) {
    this.address = createAddressMask(mask, secret);
    this.text = createTextMask(mask, { address: this.address });
    this.host = createTextMask(mask, { anyCase: true });
    this.#bare = createTextMask(mask);
    this.#url = createTextMask(mask, { address: this.address, isUrl: true });
    this.#chosen = new Set(mask.query);
    this.#hiddenHeaders = new Set(mask.headers);
    this.#key = mask.key ?? secret;
    this.#keepsAddress = mask.address === 'keep';
  }

  /** Canonical path and query. */
  path({ path, query }: Pick<AccessRecord, 'path' | 'query'>): string {
    if (query !== '' && !path.includes('?')) return this.#url(path) + this.query(query);
    return this.#url(withoutRawQuery(maskUserInfo(path)));
  }

  /** A query with its `?`, or ''. */
  query(query: string): string {
    return query === '' ? '' : this.#url(maskQuery(query, this.#chosen));
  }

  /** The target of the request as the client wrote it. */
  target({ url, query }: Pick<AccessRecord, 'url' | 'query'>): string {
    const mark = url.indexOf('?');
    // What policies have taken out of the query is not to come back by what came.
    if (mark !== -1 && query !== '') return this.#url(maskUserInfo(url.slice(0, mark))) + this.query(query);
    return this.#url(maskUserInfo(withoutRawQuery(url)));
  }

  /** Another URL, such as that of Referer. */
  url(url: string): string {
    return url === '' ? '' : this.#url(maskUrl(url, this.#chosen));
  }

  /** That of the request that led here. */
  referer(url: string): string {
    return url !== '' && this.#hiddenHeaders.has('referer') ? HIDDEN : this.url(url);
  }

  userAgent(text: string): string {
    return text !== '' && this.#hiddenHeaders.has('user-agent') ? HIDDEN : this.text(text);
  }

  /** A word of the protocol that a client may choose freely: a method, what it wants to upgrade to. */
  word(text: string): string {
    return text === '' || text === 'GET' || text === 'POST' ? text : this.text(text);
  }

  /** The id of a request, which a proxy in front may have from its client. */
  id(id: string): string {
    return UUID.test(id) ? id : this.text(id);
  }

  /** The id of a trace or a span. One whose digits are personal data becomes another one, the same each time. */
  hexId(id: string): string {
    const own = id.startsWith(SHORT_TRACE) ? id.slice(SHORT_TRACE.length) : id;
    const digits = own.replace(/^0+/, '');
    // What is random has letters, and no row of zeros before them.
    if (own.length - digits.length < ZEROS_MIN && /[a-f]/.test(digits)) return id;
    // One of the zeros, or a sign that has no place here, may be part of a number.
    if (['', '0', '+'].every((sign) => this.host(sign + digits) === sign + digits)) return id;
    return createHmac('sha256', this.#key).update(id).digest('hex').slice(0, id.length);
  }

  /** Why a request failed; the address of its client may be part of that. */
  reason({ errorDetail, clientAddress, peerAddress }: Pick<AccessRecord, 'errorDetail' | 'clientAddress' | 'peerAddress'>): string {
    if (errorDetail === '' || this.#keepsAddress) return this.#bare(errorDetail);
    let reason = errorDetail;
    for (const address of [clientAddress, peerAddress]) if (address !== '') reason = reason.replaceAll(address, this.address(address));
    return this.#bare(reason);
  }

  /** All values of a request header, by its name in lower case; null without one. Credentials are `***`. */
  header(record: Pick<AccessRecord, 'head' | 'withheld'>, name: string): string | null {
    const value = valueOf(record.head.rawHeaders, name);
    if (value === null) return null;
    if (isSecretHeader(name) || this.#hiddenHeaders.has(name) || record.withheld?.has(name) === true) return HIDDEN;
    if (name === 'referer') return this.url(value);
    if (name === 'traceparent') return this.text(value.replaceAll(HEX_IDS, (id) => this.hexId(id)));
    return this.text(!this.#keepsAddress && ADDRESS_HEADERS.test(name) ? maskListed(value, this.address) : value);
  }

  /** The same of a header of the answer. */
  answerHeader({ answerHeaders }: Pick<AccessRecord, 'answerHeaders'>, name: string): string | null {
    const value = valueOf(answerHeaders, name);
    if (value === null) return null;
    if (isSecretHeader(name) || this.#hiddenHeaders.has(name)) return HIDDEN;
    return name === 'location' || name === 'content-location' ? this.url(value) : this.text(value);
  }

  /** The value of a query parameter as it was written; null without one. */
  parameter({ query }: Pick<AccessRecord, 'query'>, name: string): string | null {
    for (const part of maskQuery(query, this.#chosen).slice(1).split('&')) {
      const equals = part.indexOf('=');
      if (equals !== -1 && part.slice(0, equals).toLowerCase() === name) return this.#url(part.slice(equals + 1));
    }
    return null;
  }
}

/** Where a request was refused before its query was told apart from its path, nobody knows what in it is a secret. */
function withoutRawQuery(path: string): string {
  const mark = path.indexOf('?');
  return mark === -1 || mark === path.length - 1 ? path : `${path.slice(0, mark)}?${HIDDEN}`;
}

function valueOf(raw: readonly string[], name: string): string | null {
  let value: string | null = null;
  for (let i = 0; i < raw.length; i += 2) {
    const candidate = raw[i]!;
    if (candidate.length === name.length && candidate.toLowerCase() === name) value = value === null ? raw[i + 1]! : `${value}, ${raw[i + 1]!}`;
  }
  return value;
}
