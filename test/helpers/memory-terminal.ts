import type { Terminal } from '../../src/cli/terminal.ts';

/** A terminal that keeps what is printed. */
export class MemoryTerminal implements Terminal {
  readonly env: Readonly<Record<string, string>>;
  readonly color = false;
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
}
