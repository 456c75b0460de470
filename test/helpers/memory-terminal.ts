import type { Terminal } from '../../src/cli/terminal.ts';

/** A terminal that keeps what is printed. */
export class MemoryTerminal implements Terminal {
  readonly env: Readonly<Record<string, string>>;
  readonly color = false;
  printed = '';
  complained = '';

  constructor(env: Readonly<Record<string, string>> = {}) {
    this.env = env;
  }

  out(text: string): void {
    this.printed += `${text}\n`;
  }

  err(text: string): void {
    this.complained += `${text}\n`;
  }
}
