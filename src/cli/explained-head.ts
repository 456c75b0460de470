import { isSecretHeader } from '../config/secret-name.ts';
import { escapeControls } from '../observe/safe-text.ts';
import { maskUrl } from '../observe/secret-mask.ts';
import type { SentHead } from '../gateway/recording-pools.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { SubstitutedText } from './value-origins.ts';

export interface ExplainedHeader {
  readonly name: string;
  /** Secrets are named or masked. */
  readonly value: string;
}

/** What an upstream gets. */
export interface ExplainedSent {
  readonly protocol: SentHead['protocol'];
  readonly tls: boolean;
  readonly line: string;
  readonly host: string;
  /** As the client sent them. */
  readonly forwarded: readonly ExplainedHeader[];
  /** Said by the gateway. */
  readonly added: readonly ExplainedHeader[];
  /** Names of what the client sent and the upstream does not get as it came. */
  readonly withheld: readonly string[];
}

/** What the client gets beside, or in the place of, what an upstream says. */
export interface ExplainedAnswer {
  readonly by: 'gateway' | 'upstream';
  /** Of an upstream, any. */
  readonly status: number | null;
  readonly headers: readonly ExplainedHeader[];
  /** Names that an upstream may say and the client does not hear. */
  readonly removed: readonly string[];
}

const MASK = '***';
const NEW = '(made for each request)';
/** Shorter texts from outside stand by chance in many a value. */
const TEXT_CHARS_MIN = 4;
/** Of the request itself, whatever the file says. */
const OF_REQUEST = /^(?:x-forwarded-(?:for|host|port|proto)|x-real-ip|forwarded|via|content-length|transfer-encoding|connection|cookie)$/;

/** Heads as they may be shown. */
export class HeadWords {
  readonly #texts: readonly SubstitutedText[];

  /** @param texts that came from outside of the file: what holds one is shown by the name of its variable. */
  constructor(texts: readonly SubstitutedText[]) {
    this.#texts = texts.filter(({ text }) => text !== '').toSorted((a, b) => b.text.length - a.text.length);
  }

  sent(head: SentHead, exchange: Exchange): ExplainedSent {
    const asked = pairs(exchange.head.rawHeaders);
    const isForwarded = ([name, value]: readonly [string, string]): boolean => asked.some(([own, said]) => own.toLowerCase() === name.toLowerCase() && said === value);
    const rest = head.headers.filter(([name]) => name !== 'Host');
    const withheld = asked.filter(([name, value]) => name.toLowerCase() !== 'host' && !head.headers.some(([sent, said]) => sent.toLowerCase() === name.toLowerCase() && said === value));
    return {
      protocol: head.protocol, tls: head.secure,
      // The target has no blanks, so what stands between blanks is masked by itself.
      line: escapeControls(head.line.split(' ').map((word) => maskUrl(this.#named(word))).join(' ')),
      host: escapeControls(this.#named(head.headers.find(([name]) => name === 'Host')?.[1] ?? '')),
      forwarded: rest.filter(isForwarded).map((header) => this.#shown(header)),
      added: rest.filter((header) => !isForwarded(header)).map(([name, value]) => (isMade(name) ? { name, value: NEW } : this.#shown([name, value]))),
      withheld: [...new Set(withheld.map(([name]) => escapeControls(name)))],
    };
  }

  /** @param upstreamSaid names that the upstream's answer had; null: the answer is the gateway's own. */
  answer({ status, answerHeaders }: Exchange, upstreamSaid: readonly string[] | null): ExplainedAnswer {
    const given = pairs(answerHeaders);
    const isOurs = (name: string): boolean => name !== 'Content-Length' && upstreamSaid?.includes(name) !== true;
    return {
      by: upstreamSaid === null ? 'gateway' : 'upstream',
      status: upstreamSaid === null ? status : null,
      headers: given.filter(([name]) => isOurs(name)).map(([name, value]) => (isMade(name) ? { name, value: NEW } : this.#shown([name, value]))),
      removed: (upstreamSaid ?? []).filter((name) => !given.some(([own]) => own === name)),
    };
  }

  #shown([name, value]: readonly [name: string, value: string]): ExplainedHeader {
    return { name: escapeControls(name), value: escapeControls(this.#valueOf(name.toLowerCase(), value)) };
  }

  #valueOf(name: string, value: string): string {
    // Of a cookie, its name and for how long it is there are no secret.
    if (name === 'set-cookie') return value.replace(/^([^=;]*)=[^;]*/, `$1=${MASK}`);
    if (isSecretHeader(name)) return MASK;
    if (OF_REQUEST.test(name)) return value;
    return maskUrl(this.#named(value));
  }

  /** With the names of variables in the place of what came from them. */
  #named(value: string): string {
    let shown = value;
    for (const { text, label } of this.#texts) shown = text.length >= TEXT_CHARS_MIN ? shown.replaceAll(text, () => label) : shown === text ? label : shown;
    return shown;
  }
}

function isMade(name: string): boolean {
  return /^(?:x-request-id|traceparent)$/i.test(name);
}

function pairs(raw: readonly string[]): (readonly [name: string, value: string])[] {
  return raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1] ?? ''] as const] : []));
}
