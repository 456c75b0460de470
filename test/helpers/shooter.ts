import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { readText } from './upstream.ts';

/** Of ten requests in a row. */
const MIX = ['GET', 'PUT', 'GET', 'POST', 'GET', 'GET', 'PUT', 'GET', 'POST', 'GET'] as const;
const BODIES = { GET: '', PUT: 'p'.repeat(200), POST: 'o'.repeat(1000) } as const;
const ANSWER_MAX_MS = 30_000;

/** One request and what became of it. */
export interface Shot {
  readonly id: string;
  readonly method: (typeof MIX)[number];
  /** What was going on when it was sent. */
  readonly phase: string;
  /** 0: no answer. */
  readonly status: number;
  /** Error code of the gateway, or of the client's socket; empty where the answer was right. */
  readonly code: string;
  /** On the clock of `performance.now()`. */
  readonly endedMs: number;
}

type Verdict = readonly [status: number, code: string];

/**
 * Sends GET, PUT and POST in turn over keep-alive connections, each with an id of its own, to whom a ChaosTarget
 * answers, and checks each answer.
 */
export class Shooter {
  readonly #agent = new Agent({ keepAlive: true, scheduling: 'fifo', maxFreeSockets: 5000 });
  readonly #port: number;
  #sent = 0;

  constructor(port: number) {
    this.#port = port;
  }

  get sent(): number {
    return this.#sent;
  }

  /** Never rejects. */
  async shoot(phase = ''): Promise<Shot> {
    const method = MIX[this.#sent % MIX.length] ?? 'GET';
    const id = `${method}-${this.#sent}`;
    this.#sent += 1;
    const body = BODIES[method];
    const headers = { 'x-chaos-id': id, ...(body === '' ? {} : { 'content-length': body.length }) };
    const request = httpRequest({ host: '127.0.0.1', port: this.#port, method, headers, agent: this.#agent, timeout: ANSWER_MAX_MS });
    request.once('timeout', () => request.destroy(new Error('no answer')));
    request.end(body);
    const [status, code] = await once(request, 'response').then(
      async ([response]) => judge(response as IncomingMessage, `${method} ${id}`),
      (error: NodeJS.ErrnoException): Verdict => [0, error.code ?? error.message],
    );
    return { id, method, phase, status, code, endedMs: performance.now() };
  }

  /** As many at once as `lanes`, each lane waiting for its answer. */
  async volley(count: number, lanes: number): Promise<Shot[]> {
    const shots: Shot[] = [];
    const last = this.#sent + count;
    const lane = async (): Promise<void> => {
      while (this.#sent < last) shots.push(await this.shoot());
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    return shots;
  }

  close(): void {
    this.#agent.destroy();
  }
}

async function judge(response: IncomingMessage, expected: string): Promise<Verdict> {
  const { statusCode = 0, headers } = response;
  const text = await readText(response).catch(String);
  if (headers['content-type']?.startsWith('application/problem+json') === true) {
    const { code } = JSON.parse(text) as { code: string };
    return [statusCode, code];
  }
  if (text !== expected) return [statusCode, `answer "${text.slice(0, 60)}"`];
  return [statusCode, statusCode === 200 ? '' : 'of the target'];
}

/** Counts by phase, method and what went wrong: `{ 'kill POST 502 upstream_reset': 3 }`. */
export function failuresOf(shots: readonly Shot[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { phase, method, status, code } of shots) {
    if (code === '') continue;
    const name = `${phase} ${method} ${status} ${code}`.trim();
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
