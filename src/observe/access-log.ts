import type { AccessLogConfig } from '../config/config.ts';
import { accessJson } from './access-json.ts';
import { accessPretty } from './access-pretty.ts';
import type { AccessRecord } from './access-record.ts';
import { createLineWriter, type LineWriter } from './line-writer.ts';
import { terminalStyle } from './terminal-style.ts';

/** Takes what is known of a request that has ended. Never throws, never waits. */
export interface AccessLog {
  write(record: AccessRecord): void;
  /** Writes what is buffered before it returns. */
  flush(): void;
  /** Lines lost since the start. */
  readonly dropped: number;
}

interface AccessLogOptions {
  readonly format: AccessLogConfig['format'];
  /** Default: a writer of its own on standard output. */
  readonly destination?: LineWriter;
}

const OFF: AccessLog = {
  write: () => undefined,
  flush: () => undefined,
  dropped: 0,
};

/** One line for each request, with times as nginx has them. `auto` is pretty on a terminal and JSON elsewhere. */
export function createAccessLog(options: AccessLogOptions): AccessLog {
  if (options.format === 'off') return OFF;
  const destination = options.destination ?? createLineWriter();
  const isPretty = options.format === 'pretty' || (options.format === 'auto' && destination.isTerminal);
  const style = terminalStyle(destination.hasColour);
  const render = isPretty ? (record: AccessRecord): string => accessPretty(record, style) : accessJson;
  let dropped = 0;
  return {
    write(record) {
      if (!destination.write(render(record))) dropped++;
    },
    flush: () => destination.flush(),
    get dropped() {
      return dropped;
    },
  };
}
