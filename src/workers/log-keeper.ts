import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { connect } from 'node:net';
import type { AccessLogConfig } from '../config/access-log-config.ts';
import type { Clock } from '../lib/clock.ts';
import { LogRotation } from '../observe/log-rotation.ts';
import type { Logger } from '../observe/logger.ts';

const MODE = 0o640;
// Not to wait where the name is that of a pipe.
const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NONBLOCK;
/** A disk that is full, a pipe that nobody reads: both may have changed by the time somebody asks for something. */
const PASSING = new Set(['ENOSPC', 'ENXIO']);
const CONNECT_MS = 1000;

interface LogKeeperOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whoever writes log files is to open them again. */
  readonly onMoved: () => void;
}

/** The main thread's part of the access log: it puts files aside, which those that write them do not. */
export class LogKeeper {
  readonly #options: LogKeeperOptions;
  #rotation: LogRotation | null = null;
  #key = '';

  constructor(options: LogKeeperOptions) {
    this.#options = options;
  }

  /** @throws Error saying why nothing can be written there, so that a start or a reload says so and not the first request. */
  static async check({ format, to }: AccessLogConfig): Promise<void> {
    if (format === 'off') return;
    if (to.kind === 'file') await checkFile(to.file);
    else if (to.kind === 'syslog' && to.address.transport === 'unix') await checkSocket(to.address.path);
  }

  use({ format, to }: AccessLogConfig): void {
    const rotated = format !== 'off' && to.kind === 'file' && to.rotate !== null ? { file: to.file, rotate: to.rotate } : null;
    const key = JSON.stringify(rotated);
    if (key === this.#key) return;
    this.#key = key;
    this.#rotation?.close();
    this.#rotation = rotated === null ? null : new LogRotation({ ...this.#options, ...rotated });
  }

  close(): void {
    this.#rotation?.close();
  }
}

async function checkFile(file: string): Promise<void> {
  try {
    await (await open(file, FLAGS, MODE)).close();
  } catch (error) {
    if (PASSING.has(codeOf(error))) return;
    throw new Error(`accessLog: ${file} cannot be written (${codeOf(error)})`, { cause: error });
  }
}

/** Only what can never work is refused: a server that is down may come up. */
async function checkSocket(file: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ path: file });
    socket.setTimeout(CONNECT_MS, () => socket.destroy());
    socket.on('connect', () => socket.destroy());
    socket.on('close', () => resolve());
    socket.on('error', (error) => {
      if (codeOf(error) !== 'EPROTOTYPE') return;
      reject(new Error(`accessLog: ${file} takes datagrams, which Node.js cannot send to a unix socket: let the syslog server listen on udp://127.0.0.1:514`, { cause: error }));
    });
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : String(error);
}
