import path from 'node:path';

/** One YAML file: its text, and where in it an offset lies. */
export class Source {
  /** The file as the user named it. */
  readonly file: string;
  readonly text: string;
  readonly #lineStarts: number[] = [0];

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.#lineStarts.push(at + 1);
  }

  /** Relative paths in the file are relative to this folder. */
  get folder(): string {
    return path.dirname(path.resolve(this.file));
  }

  /** 1-based line and column of an offset, found by bisection. */
  positionOf(offset: number): { line: number; column: number } {
    let low = 0;
    let high = this.#lineStarts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - (this.#lineStarts[low] ?? 0) + 1 };
  }

  lineText(line: number): string {
    return this.text.slice(this.#lineStarts[line - 1] ?? 0, this.#lineStarts[line] ?? this.text.length).replace(/\r?\n$/, '');
  }
}
