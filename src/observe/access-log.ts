import type { AccessLogConfig } from '../config/access-log-config.ts';
import { createAccessJson } from './access-json.ts';
import { accessPretty } from './access-pretty.ts';
import type { AccessRecord } from './access-record.ts';
import { createAccessTemplate } from './access-template.ts';
import type { LineWriter } from './line-writer.ts';
import type { Privacy } from './privacy.ts';
import { terminalStyle } from './terminal-style.ts';

/** Takes what is known of a request that has ended. Never throws, never waits. */
export interface AccessLog {
  write(record: AccessRecord): void;
  /** Lines that its destination has refused. */
  readonly dropped: number;
}

/** Puts around a line what its destination wants there, such as the header of syslog. */
export type Envelope = (record: AccessRecord, line: string) => string;

interface AccessLogOptions {
  readonly config: Pick<AccessLogConfig, 'format' | 'fields' | 'template' | 'escape' | 'headers'>;
  readonly privacy: Privacy;
  readonly destination: LineWriter;
  readonly envelope?: Envelope | null;
}

const OFF: AccessLog = { write: () => undefined, dropped: 0 };

/** One line for each request, with times as nginx has them. `auto` is pretty on a terminal and JSON elsewhere. */
export function createAccessLog({ config, privacy, destination, envelope = null }: AccessLogOptions): AccessLog {
  if (config.format === 'off') return OFF;
  const render = rendererOf(config, privacy, destination);
  let dropped = 0;
  return {
    write(record) {
      const line = render(record);
      if (!destination.write(envelope === null ? line : envelope(record, line.slice(0, -1)))) dropped += 1;
    },
    get dropped() {
      return dropped;
    },
  };
}

function rendererOf(config: AccessLogOptions['config'], privacy: Privacy, destination: LineWriter): (record: AccessRecord) => string {
  const { format, fields, headers, template, escape } = config;
  if (format === 'template') return createAccessTemplate({ template, escape, privacy });
  const isPretty = format === 'pretty' || (format === 'auto' && destination.isTerminal);
  if (!isPretty) return createAccessJson({ privacy, fields, headers });
  const style = terminalStyle(destination.hasColour);
  return (record) => accessPretty(record, style, privacy);
}
