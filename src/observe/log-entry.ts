import type { LogConfig } from '../config/config.ts';
import type { ErrorFacts } from './error-facts.ts';

export type Level = LogConfig['level'];

/** Further facts of a message. What was thrown goes under `error`. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface LogEntry {
  readonly level: Level;
  readonly message: string;
  readonly fields: LogFields;
  readonly error: ErrorFacts | null;
}

/** Renders an entry and hands it on. False: it was dropped. */
export type WriteEntry = (entry: LogEntry) => boolean;
