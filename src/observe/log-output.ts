import type { LineWriter } from './line-writer.ts';

/** A target of its own for log lines: opened here, closed by whoever opened it. */
export interface LogOutput extends LineWriter {
  /** Somebody has renamed the file: what is written from now on goes into a new one of its name. */
  reopen(): void;
  /** Resolves when all that was taken is written, or cannot be within half a second; what cannot is counted. */
  end(): Promise<void>;
}

/** Told when lines cannot be written, and with null when they can again. */
export type OnProblem = (reason: string | null) => void;
