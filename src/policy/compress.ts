import type { CompressConfig } from '../config/policies/compress.ts';
import { addVary, removeHeader, setHeader, type AnswerHead } from '../exchange/answer-head.ts';
import { decided } from '../exchange/decided.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { decision } from '../observe/metrics/outcome.ts';
import { isEventStream } from '../upstream/response-head.ts';
import { CodingChoice } from './compress/accept-encoding.ts';
import { readAnswerFacts, type AnswerFacts } from './compress/answer-facts.ts';
import { CompressingSink } from './compress/compressing-sink.ts';
import { isWhole } from './compress/compression.ts';
import { EncoderSeats } from './compress/encoder-seats.ts';
import { encodingOf, type Encoding } from './compress/encoding.ts';
import { weakenTag, weakenTagOfNotModified } from './compress/entity-tag.ts';
import { MediaTypes } from './compress/media-types.ts';
import { policy, type PolicyServices } from './policy.ts';

const VARIES_BY = 'Accept-Encoding';
const ENCODED = decision('compression', 'encoded');
const TYPE = decision('compression', 'type');
const SMALL = decision('compression', 'small');
const NOT_ACCEPTED = decision('compression', 'not_accepted');
const COOKIE = decision('compression', 'cookie');
const NO_SEAT = decision('compression', 'no_seat');
const CODED = { zstd: decision('compression', 'zstd'), br: decision('compression', 'br'), gzip: decision('compression', 'gzip') } as const;

/** Compresses answers that their clients take compressed. */
export const compress = policy({
  name: 'compress',
  isShared: true,
  create(config, _route, services) {
    const seats = services.kept.hold('compress: encoder seats', () => new EncoderSeats());
    const compressor = new Compressor(config, seats.value, services);
    return {
      onAnswer: (exchange, head) => compressor.shape(exchange, head),
      close: seats.release,
    };
  },
});

class Compressor {
  readonly #config: CompressConfig;
  readonly #minBytes: number;
  readonly #seats: EncoderSeats;
  readonly #services: PolicyServices;
  readonly #types: MediaTypes;
  readonly #choice: CodingChoice;
  readonly #encodings: Readonly<Record<Encoding['name'], Encoding>>;

  constructor(config: CompressConfig, seats: EncoderSeats, services: PolicyServices) {
    const { level } = config;
    this.#config = config;
    this.#minBytes = Math.max(1, config.minBytes);
    this.#seats = seats;
    this.#services = services;
    this.#types = new MediaTypes(config.types);
    this.#choice = new CodingChoice(config.encodings);
    this.#encodings = { zstd: encodingOf('zstd', level.zstd), br: encodingOf('br', level.br), gzip: encodingOf('gzip', level.gzip) };
  }

  shape(exchange: Exchange, head: AnswerHead): void {
    const { status, headers, contentLength } = head;
    if (status < 200 || status === 204 || status === 205 || status === 206) return;
    const facts = readAnswerFacts(headers);
    if (status === 304) this.#shapeNotModified(exchange, head, facts);
    else if (facts.isFixed) decided(exchange, ENCODED);
    else if (!this.#types.has(facts.contentType)) decided(exchange, TYPE);
    else if (contentLength !== -1 && contentLength < this.#minBytes) decided(exchange, SMALL);
    else this.#shapeText(exchange, head, facts);
  }

  /** An answer that is compressed for some clients. */
  #shapeText(exchange: Exchange, head: AnswerHead, { contentType, setsCookie }: AnswerFacts): void {
    addVary(head.headers, VARIES_BY);
    const coding = this.#codingFor(exchange);
    if (coding === null || (setsCookie && !this.#config.withCookies)) {
      decided(exchange, coding === null ? NOT_ACCEPTED : COOKIE);
      return;
    }
    const plan = { bytes: head.contentLength, isLive: isEventStream(contentType) };
    const needsSeat = exchange.method !== 'HEAD' && !isWhole(plan);
    if (needsSeat && !this.#takeSeat(plan.isLive)) {
      this.#seats.refuse(this.#services);
      decided(exchange, NO_SEAT);
      return;
    }
    decided(exchange, CODED[coding]);
    announce(head, coding);
    if (exchange.method === 'HEAD') return;
    exchange.putInFront(new CompressingSink(exchange, {
      ...plan,
      encoding: this.#encodings[coding],
      clock: this.#services.clock,
      takeSeat: () => this.#takeSeat(plan.isLive),
      freeSeat: () => this.#seats.free(plan.isLive),
    }, needsSeat));
  }

  /** It seldom says what kind of content it is about. */
  #shapeNotModified(exchange: Exchange, { headers }: AnswerHead, { contentType, isFixed }: AnswerFacts): void {
    if (isFixed) return;
    if (contentType !== '' && !this.#types.has(contentType)) return;
    addVary(headers, VARIES_BY);
    if (this.#codingFor(exchange) !== null) weakenTagOfNotModified(headers, exchange.head.rawHeaders);
  }

  /** Over HTTP/1.0 a body whose length is not known beforehand looks whole wherever it is cut off. */
  #codingFor(exchange: Exchange): Encoding['name'] | null {
    return exchange.protocol === 'HTTP/1.0' ? null : this.#choice.for(exchange.head.rawHeaders);
  }

  #takeSeat(isLive: boolean): boolean {
    return this.#seats.take(this.#config.atOnce, isLive);
  }
}

/** Says of an answer what is true of it when it is compressed. */
function announce(head: AnswerHead, coding: Encoding['name']): void {
  const { headers } = head;
  removeHeader(headers, 'content-length');
  // Parts are asked for of what the upstream has, which nobody sees compressed.
  removeHeader(headers, 'accept-ranges');
  setHeader(headers, 'Content-Encoding', coding);
  weakenTag(headers);
  head.contentLength = -1;
}
