import { hostname } from 'node:os';
import type { AccessLogConfig, LogTarget } from '../config/access-log-config.ts';
import type { Clock } from '../lib/clock.ts';
import { createAccessLog, type AccessLog, type Envelope } from './access-log.ts';
import type { AccessRecord } from './access-record.ts';
import { createLineWriter, type LineWriter } from './line-writer.ts';
import { LogFile } from './log-file.ts';
import type { Logger } from './logger.ts';
import type { LogOutput } from './log-output.ts';
import { Privacy } from './privacy.ts';
import { createSyslogFrame } from './syslog-frame.ts';
import { createSyslogLink } from './syslog-link.ts';
import { SyslogOutput } from './syslog-output.ts';

interface JournalServices {
  /** Standard output, shared with the messages of Sluice. */
  readonly output: LineWriter;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Key of hashed addresses where the configuration has none; the same in all workers. */
  readonly secret: Uint8Array;
}

const OFF: AccessLog = { write: () => undefined, dropped: 0 };
const NO_MASK: AccessLogConfig['mask'] = { email: false, phone: false, card: false, patterns: [], address: 'keep', key: null, query: [], headers: [] };
const STDOUT = 1;
const STDERR = 2;
/** What the writer that messages share holds. */
const SHARED_BUFFER_BYTES = 4 * 1024 * 1024;

/** The access log of one worker through all its configurations: what is open stays open where the next one wants the same. */
export class AccessJournal {
  readonly #services: JournalServices;
  privacy: Privacy;
  #key = '';
  #targetKey = '';
  #log: AccessLog = OFF;
  /** Null: standard output, which others write to as well. */
  #own: LogOutput | null = null;
  #droppedBefore = 0;
  /** Targets of earlier configurations that are still written to. */
  readonly #ending = new Set<LogOutput>();

  constructor(services: JournalServices) {
    this.#services = services;
    this.privacy = new Privacy(NO_MASK, services.secret);
  }

  /** Lines lost since the start. */
  get dropped(): number {
    let dropped = this.#droppedBefore + (this.#own?.dropped ?? this.#log.dropped);
    for (const output of this.#ending) dropped += output.dropped;
    return dropped;
  }

  use(config: AccessLogConfig): void {
    const key = JSON.stringify(config);
    if (key === this.#key) return;
    this.#key = key;
    this.privacy = new Privacy(config.mask, this.#services.secret);
    this.#useTarget(config);
    const { output } = this.#services;
    this.#log = createAccessLog({ config, privacy: this.privacy, destination: this.#own ?? output, envelope: this.#envelopeOf(config.to) });
  }

  write(record: AccessRecord): void {
    this.#log.write(record);
  }

  reopen(): void {
    this.#own?.reopen();
  }

  /** Resolves when what was taken is written, or cannot be. */
  async end(): Promise<void> {
    this.#services.output.flush();
    await Promise.all([this.#own, ...this.#ending].map(async (output) => output?.end()));
  }

  #useTarget({ format, to, bufferBytesMax }: AccessLogConfig): void {
    const key = JSON.stringify([format === 'off', to.kind === 'file' ? to.file : to, bufferBytesMax]);
    // Lines that standard output refused are counted by the log itself, which is replaced in any case.
    if (this.#own === null) this.#droppedBefore += this.#log.dropped;
    if (key === this.#targetKey) return;
    this.#targetKey = key;
    if (this.#own !== null) this.#retire(this.#own);
    this.#own = format === 'off' ? null : this.#open(to, bufferBytesMax);
  }

  #retire(output: LogOutput): void {
    this.#ending.add(output);
    void this.#end(output);
  }

  async #end(output: LogOutput): Promise<void> {
    await output.end();
    this.#ending.delete(output);
    this.#droppedBefore += output.dropped;
  }

  #open(to: LogTarget, bufferBytesMax: number): LogOutput | null {
    const { clock } = this.#services;
    const onProblem = (reason: string | null): void => this.#onProblem(reason);
    if (to.kind === 'file') return new LogFile({ file: to.file, bufferBytesMax, clock, onProblem });
    if (to.kind === 'syslog') return new SyslogOutput({ link: createSyslogLink(to.address), bufferBytesMax, clock, onProblem });
    if (to.kind === 'stdout' && bufferBytesMax === SHARED_BUFFER_BYTES) return null;
    return streamOutput(createLineWriter({ fd: to.kind === 'stderr' ? STDERR : STDOUT, bufferBytesMax, clock, noColor: !this.#services.output.hasColour }));
  }

  #envelopeOf(to: LogTarget): Envelope | null {
    return to.kind === 'syslog' ? createSyslogFrame(to, hostname(), this.#services.clock) : null;
  }

  #onProblem(reason: string | null): void {
    const { logger } = this.#services;
    if (reason === null) logger.info('the access log is written again', { dropped: this.dropped });
    else logger.error('the access log cannot be written; lines are kept, and dropped when the buffer is full', { reason });
  }
}

/** A descriptor that was there before, which nobody renames. */
function streamOutput(writer: LineWriter): LogOutput {
  return {
    write: (line) => writer.write(line),
    flush: () => writer.flush(),
    close: () => writer.close(),
    reopen: () => undefined,
    end: async () => writer.close(),
    get dropped() {
      return writer.dropped;
    },
    isTerminal: writer.isTerminal,
    hasColour: writer.hasColour,
  };
}
