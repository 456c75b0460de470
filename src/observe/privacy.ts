import type { MaskConfig } from '../config/access-log-config.ts';
import { isSecretHeader } from '../config/secret-name.ts';
import { compileRegex, type Regex } from '../lib/regex.ts';
import type { AccessRecord } from './access-record.ts';
import { createAddressMask, maskListed } from './address-mask.ts';
import { maskEmails } from './email-mask.ts';
import { maskNumbers } from './number-mask.ts';
import { maskQuery, maskUrl, maskUserInfo } from './secret-mask.ts';

/** More of a value is never written, so more is not looked at. */
const LOOKED_AT_CHARS = 2048;
/** The longest thing that is masked: of a longer text so much is left out at its end, where one may have been cut in two. */
const CUT_CHARS = 320;
const HIDDEN = '***';
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
  readonly #chosen: ReadonlySet<string>;
  readonly #keepsAddress: boolean;

  /** @param secret key of hashed addresses where the configuration has none; the same in all workers. */
  constructor(mask: MaskConfig, secret: Uint8Array) {
    this.address = createAddressMask(mask, secret);
    this.text = textMask(mask);
    this.#chosen = new Set(mask.query);
    this.#keepsAddress = mask.address === 'keep';
  }

  /** Canonical path and query. */
  path({ path, query }: Pick<AccessRecord, 'path' | 'query'>): string {
    if (query !== '' && !path.includes('?')) return this.text(path) + this.query(query);
    return this.text(withoutRawQuery(maskUserInfo(path)));
  }

  /** A query with its `?`, or ''. */
  query(query: string): string {
    return query === '' ? '' : this.text(maskQuery(query, this.#chosen));
  }

  /** The target of the request as the client wrote it. */
  target({ url, query }: Pick<AccessRecord, 'url' | 'query'>): string {
    const mark = url.indexOf('?');
    // What policies have taken out of the query is not to come back by what came.
    if (mark !== -1 && query !== '') return this.text(maskUserInfo(url.slice(0, mark))) + this.query(query);
    return this.text(maskUserInfo(withoutRawQuery(url)));
  }

  /** Another URL, such as that of Referer. */
  url(url: string): string {
    return url === '' ? '' : this.text(maskUrl(url, this.#chosen));
  }

  /** Why a request failed; the address of its client may be part of that. */
  reason({ errorDetail, clientAddress, peerAddress }: Pick<AccessRecord, 'errorDetail' | 'clientAddress' | 'peerAddress'>): string {
    if (errorDetail === '' || this.#keepsAddress) return this.text(errorDetail);
    let reason = errorDetail;
    for (const address of [clientAddress, peerAddress]) if (address !== '') reason = reason.replaceAll(address, this.address(address));
    return this.text(reason);
  }

  /** All values of a request header, by its name in lower case; null without one. Credentials are `***`. */
  header(record: Pick<AccessRecord, 'head' | 'withheld'>, name: string): string | null {
    const value = valueOf(record.head.rawHeaders, name);
    if (value === null) return null;
    if (isSecretHeader(name) || record.withheld?.has(name) === true) return HIDDEN;
    if (name === 'referer') return this.url(value);
    return this.text(!this.#keepsAddress && ADDRESS_HEADERS.test(name) ? maskListed(value, this.address) : value);
  }

  /** The same of a header of the answer. */
  answerHeader({ answerHeaders }: Pick<AccessRecord, 'answerHeaders'>, name: string): string | null {
    const value = valueOf(answerHeaders, name);
    if (value === null) return null;
    if (isSecretHeader(name)) return HIDDEN;
    return name === 'location' || name === 'content-location' ? this.url(value) : this.text(value);
  }

  /** The value of a query parameter as it was written; null without one. */
  parameter({ query }: Pick<AccessRecord, 'query'>, name: string): string | null {
    for (const part of maskQuery(query, this.#chosen).slice(1).split('&')) {
      const equals = part.indexOf('=');
      if (equals !== -1 && part.slice(0, equals).toLowerCase() === name) return this.text(part.slice(equals + 1));
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

function textMask({ email, phone, card, patterns }: MaskConfig): (text: string) => string {
  if (!email && !phone && !card && patterns.length === 0) return (text) => text;
  const rules = patterns.map(({ name, pattern }) => ({ regex: compileRegex(pattern), label: `[${name}]` }));
  // One pass tells that there is nothing to replace, which is nearly always so.
  const any: Regex | null = rules.length === 0 ? null : compileRegex(patterns.map(({ pattern }) => `(?:${pattern})`).join('|'));
  const maskWhole = (text: string): string => {
    let masked = text;
    if (any?.test(masked) === true) for (const { regex, label } of rules) masked = regex.replaceAll(masked, label);
    if (email) masked = maskEmails(masked);
    return phone || card ? maskNumbers(masked, phone, card) : masked;
  };
  return (text) => (text.length <= LOOKED_AT_CHARS ? maskWhole(text) : `${maskWhole(text.slice(0, LOOKED_AT_CHARS)).slice(0, -CUT_CHARS)}…`);
}
