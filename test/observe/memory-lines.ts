import type { LineWriter } from '../../src/observe/line-writer.ts';

/** A writer that keeps its lines; `isFull` makes it refuse them. */
export class MemoryLines implements LineWriter {
  readonly lines: string[] = [];
  readonly isTerminal: boolean;
  readonly hasColour: boolean;
  isFull = false;
  dropped = 0;
  flushes = 0;

  constructor(isTerminal = false, hasColour = false) {
    this.isTerminal = isTerminal;
    this.hasColour = hasColour;
  }

  /** The last line without its line feed. */
  get last(): string {
    return this.lines.at(-1)?.slice(0, -1) ?? '';
  }

  write(line: string): boolean {
    if (this.isFull) this.dropped++;
    else this.lines.push(line);
    return !this.isFull;
  }

  flush(): void {
    this.flushes++;
  }

  close(): void {}
}
