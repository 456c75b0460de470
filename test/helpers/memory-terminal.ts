import type { LiveTerminal, Screen } from '../../src/cli/live-terminal.ts';
import type { Terminal } from '../../src/cli/terminal.ts';

/** A terminal that keeps what is printed. */
export class MemoryTerminal implements Terminal {
  readonly env: Readonly<Record<string, string>>;
  readonly color = false;
  outColor = false;
  /** What `live` lends. */
  readonly session = new MemoryLive((text) => { this.printed += text; });
  printed = '';
  complained = '';

  readonly #typed: string;

  /** @param typed what somebody answers who is asked for a secret. */
  constructor(env: Readonly<Record<string, string>> = {}, typed = '') {
    this.env = env;
    this.#typed = typed;
  }

  out(text: string): void {
    this.printed += `${text}\n`;
  }

  err(text: string): void {
    this.complained += `${text}\n`;
  }

  async secret(): Promise<string> {
    return this.#typed;
  }

  live(): LiveTerminal {
    return this.session;
  }
}

/** A live terminal that a test ends; what is written stands in `printed` of its terminal. */
class MemoryLive implements LiveTerminal {
  readonly #controller = new AbortController();
  readonly #print: (text: string) => void;
  screen: MemoryScreen | null = null;
  isClosed = false;
  /** Awaited by each write, as a reader that is slow. */
  busy: Promise<void> = Promise.resolve();

  constructor(print: (text: string) => void) {
    this.#print = print;
  }

  get ended(): AbortSignal {
    return this.#controller.signal;
  }

  /** As Ctrl-C does. */
  end(): void {
    this.#controller.abort();
  }

  async write(text: string): Promise<void> {
    this.#print(text);
    await this.busy;
  }

  close(): void {
    this.isClosed = true;
    this.end();
  }
}

export class MemoryScreen implements Screen {
  columns: number;
  rows: number;
  isOpen = false;
  resized: () => void = () => undefined;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
  }

  open(onResize: () => void): void {
    this.isOpen = true;
    this.resized = onResize;
  }
}
