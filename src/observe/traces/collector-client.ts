import type { Agent as PlainAgent, ClientRequest } from 'node:http';
import https from 'node:https';
import type { CollectorConfig } from '../../config/traces-config.ts';
import type { Clock } from '../../lib/clock.ts';
import { Agent, request as requestPlain } from '../../lib/node-http.ts';

/** How the collector took a body. */
export type Delivery =
  | { readonly kind: 'taken'; readonly rejected: number; readonly reason: string }
  /** It may take the same body later. `afterMs`: when it says so itself; 0: it does not. */
  | { readonly kind: 'later'; readonly afterMs: number; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string };

/** Those after which the same spans may be sent again (OTLP 1.9, "Retryable Response Codes"). */
const LATER = new Set([429, 502, 503, 504]);
const ANSWER_CHARS_MAX = 16 * 1024;
const REASON_CHARS_MAX = 200;

/** Sends spans by OTLP over HTTP on one connection that is kept, one body after the other. */
export class CollectorClient {
  readonly #config: CollectorConfig;
  readonly #clock: Clock;
  readonly #agent: PlainAgent;

  constructor(config: CollectorConfig, clock: Clock) {
    this.#config = config;
    this.#clock = clock;
    const options = { keepAlive: true, maxSockets: 1 };
    this.#agent = config.url.startsWith('https:') ? new https.Agent(options) : new Agent(options);
  }

  /** Never rejects; ends within the time-out. */
  async send(body: Buffer): Promise<Delivery> {
    return new Promise((resolve) => {
      const request = this.#open(body.length);
      const stopTimer = this.#clock.every(this.#config.timeoutMs, () => {
        fail(`no answer within ${this.#config.timeoutMs} ms`);
        request.destroy();
      });
      const settle = (delivery: Delivery): void => {
        stopTimer();
        resolve(delivery);
      };
      const fail = (reason: string): void => settle({ kind: 'later', afterMs: 0, reason });
      request.on('error', (error) => fail(error.message));
      request.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          if (text.length < ANSWER_CHARS_MAX) text += chunk;
        });
        response.on('error', (error) => fail(error.message));
        response.on('end', () => settle(deliveryOf(response.statusCode ?? 0, response.headers['retry-after'], text)));
      });
      request.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  #open(length: number): ClientRequest {
    const { url, headers } = this.#config;
    const options = {
      method: 'POST',
      agent: this.#agent,
      headers: { ...Object.fromEntries(headers), 'content-type': 'application/json', 'content-length': length },
    };
    return url.startsWith('https:') ? https.request(url, options) : requestPlain(url, options);
  }
}

function deliveryOf(status: number, retryAfter: string | undefined, text: string): Delivery {
  if (status >= 200 && status < 300) return { kind: 'taken', ...partOf(text) };
  const reason = `status ${status}`;
  if (!LATER.has(status)) return { kind: 'refused', reason };
  return { kind: 'later', afterMs: /^[0-9]{1,6}$/.test(retryAfter ?? '') ? Number(retryAfter) * 1000 : 0, reason };
}

/** What of the spans it did not want (OTLP 1.9, "Partial Success"). */
function partOf(text: string): { readonly rejected: number; readonly reason: string } {
  try {
    const part = valueOf(JSON.parse(text), 'partialSuccess');
    const rejected = Number(valueOf(part, 'rejectedSpans') ?? 0);
    const reason = valueOf(part, 'errorMessage');
    return { rejected: Number.isSafeInteger(rejected) ? rejected : 0, reason: typeof reason === 'string' ? reason.slice(0, REASON_CHARS_MAX) : '' };
  } catch {
    // An empty body, or one of protobuf, says nothing that is needed here.
    return { rejected: 0, reason: '' };
  }
}

function valueOf(data: unknown, key: string): unknown {
  return typeof data === 'object' && data !== null ? Reflect.get(data, key) : undefined;
}
