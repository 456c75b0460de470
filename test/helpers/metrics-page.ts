import { request, type IncomingMessage } from 'node:http';

/** Every line of an answer: `name{labels}` with its number. */
export type Counts = ReadonlyMap<string, number>;

/** `/metrics` of an admin listener of this machine. */
export class MetricsPage {
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  /** Rejects where the answer is not 200. @param accept header of the request. */
  async text(accept = 'text/plain'): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const asked = request({ host: '127.0.0.1', port: this.#port, path: '/metrics', headers: { accept } }, (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`/metrics answers ${response.statusCode}: ${text.slice(0, 200)}`));
      });
    });
    asked.on('error', reject);
    asked.end();
    return promise;
  }

  async counts(): Promise<Counts> {
    return parseMetrics(await this.text());
  }
}

export function parseMetrics(text: string): Counts {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

/** Names of those that may go down. */
function gaugesOf(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(/^# TYPE (\S+) gauge$/gm)].map(([, name = '']) => name));
}

/** All series of a metric, by their labels as they are written: `route="a",status="200"`. */
export function seriesOf(counts: Counts, name: string): Record<string, number> {
  const own = [...counts].filter(([key]) => key.startsWith(`${name}{`));
  return Object.fromEntries(own.map(([key, value]) => [key.slice(name.length + 1, -1), value]));
}

export function sumOf(counts: Counts, name: string): number {
  return Object.values(seriesOf(counts, name)).reduce((sum, value) => sum + value, counts.get(name) ?? 0);
}

/** Looks at the page again and again, as Prometheus does but far too often, and notes what must not be. */
export class Scraper {
  /** What was wrong, in words; bounded. */
  readonly faults: string[] = [];
  first: Counts = new Map();
  scrapes = 0;
  slowestMs = 0;
  readonly #page: MetricsPage;
  readonly #timer: NodeJS.Timeout;
  readonly #mayVanish: RegExp;
  #last: Counts = new Map();
  #work: Promise<void> | null = null;

  /** @param mayVanish series that are there only while there is something to count. */
  constructor(page: MetricsPage, everyMs: number, mayVanish: RegExp) {
    this.#page = page;
    this.#mayVanish = mayVanish;
    this.#timer = setInterval(() => {
      this.#work ??= this.#scrape();
    }, everyMs);
  }

  /** Resolves when the last answer has been looked at. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#work;
  }

  async #scrape(): Promise<void> {
    const startedMs = performance.now();
    try {
      const text = await this.#page.text();
      this.slowestMs = Math.max(this.slowestMs, performance.now() - startedMs);
      this.#compare(parseMetrics(text), gaugesOf(text));
    } catch (error) {
      this.#note(String(error));
    } finally {
      this.#work = null;
    }
  }

  #compare(now: Counts, gauges: ReadonlySet<string>): void {
    if (this.scrapes === 0) this.first = now;
    this.scrapes += 1;
    for (const [series, before] of this.#last) {
      const value = now.get(series);
      if (value === undefined) {
        if (!this.#mayVanish.test(series)) this.#note(`${series} is gone`);
      } else if (value < before && !gauges.has(series.split('{', 1)[0] ?? '')) this.#note(`${series}: ${before}, then ${value}`);
    }
    this.#last = now;
  }

  #note(fault: string): void {
    if (this.faults.length < 20) this.faults.push(fault);
  }
}
