import { pino } from 'pino';
import { systemClock, type Clock } from '../lib/clock.ts';
import { errorFacts } from './error-facts.ts';
import { createLineWriter, type LineWriter } from './line-writer.ts';
import type { Level, LogFields, WriteEntry } from './log-entry.ts';
import { prettyEntries } from './logger-pretty.ts';
import { escapeControls } from './safe-text.ts';

/** What the rest of Sluice logs with. Never throws, never waits. */
export interface Logger {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  /** Ask before building the fields of a debug message on the path of a request. */
  readonly isDebug: boolean;
}

/** A logger and what its owner needs to steer and end it. */
export interface LoggerService extends Logger {
  setLevel(level: Level): void;
  /** Writes what is buffered before it returns. */
  flush(): void;
  /** Messages refused since the start because the buffer was full. */
  readonly dropped: number;
}

interface LoggerOptions {
  readonly level: Level;
  /** For people instead of JSON. */
  readonly pretty: boolean;
  /** Default: a writer of its own on standard output. */
  readonly destination?: LineWriter;
  readonly clock?: Clock;
  /** Written with every message, such as the number of a worker. */
  readonly fields?: LogFields;
}

const RANKS: Record<Level, number> = { error: 0, warn: 1, info: 2, debug: 3 };

const MESSAGE_CHARS_MAX = 2048;

/** A logger for this thread; main thread and workers each make one, and their lines do not mix. */
export function createLogger(options: LoggerOptions): LoggerService {
  const destination = options.destination ?? createLineWriter();
  const clock = options.clock ?? systemClock;
  const writeEntry = options.pretty ? prettyEntries(destination, clock) : jsonEntries(destination, clock);
  return new LevelLogger(options.level, options.fields ?? {}, writeEntry, destination);
}

class LevelLogger implements LoggerService {
  readonly #ownFields: LogFields;
  readonly #writeEntry: WriteEntry;
  readonly #destination: LineWriter;
  #rank: number;
  #dropped = 0;

  constructor(level: Level, fields: LogFields, writeEntry: WriteEntry, destination: LineWriter) {
    this.#rank = RANKS[level];
    this.#ownFields = fields;
    this.#writeEntry = writeEntry;
    this.#destination = destination;
  }

  get isDebug(): boolean {
    return this.#rank === RANKS.debug;
  }

  get dropped(): number {
    return this.#dropped;
  }

  setLevel(level: Level): void {
    this.#rank = RANKS[level];
  }

  flush(): void {
    this.#destination.flush();
  }

  error(message: string, fields?: LogFields): void {
    this.#log('error', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#log('warn', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#log('info', message, fields);
  }

  debug(message: string, fields?: LogFields): void {
    this.#log('debug', message, fields);
  }

  #log(level: Level, message: string, fields: LogFields = {}): void {
    if (RANKS[level] > this.#rank) return;
    const { error, ...others } = fields;
    const entry = {
      level,
      message: message.slice(0, MESSAGE_CHARS_MAX),
      fields: { ...this.#ownFields, ...others },
      error: error === undefined ? null : errorFacts(error),
    };
    if (!this.#writeEntry(entry)) this.#dropped++;
  }
}

function jsonEntries(destination: LineWriter, clock: Clock): WriteEntry {
  let isWritten = true;
  const stream = {
    // Inside JSON a control character can only stand in a string, where its escape means the same.
    write(line: string): void {
      isWritten = destination.write(`${escapeControls(line.slice(0, -1))}\n`);
    },
  };
  const json = pino(
    {
      level: 'debug',
      base: null,
      messageKey: 'message',
      depthLimit: 4,
      edgeLimit: 32,
      timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
  return ({ level, message, fields, error }) => {
    json[level](error === null ? fields : { ...fields, error }, message);
    return isWritten;
  };
}
