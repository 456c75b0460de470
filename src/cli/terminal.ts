import { isatty } from 'node:tty';

/** What a command has of the process it runs in; tests give it another one. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Colours are wanted: a terminal, and the user has not said NO_COLOR. */
  readonly color: boolean;
  out(text: string): void;
  err(text: string): void;
}

export const processTerminal: Terminal = {
  env: process.env,
  color: isatty(process.stderr.fd) && (process.env['NO_COLOR'] ?? '') === '',
  out: (text) => void process.stdout.write(`${text}\n`),
  err: (text) => void process.stderr.write(`${text}\n`),
};

/** Exit codes, as documented in `sluice --help`. */
export const Exit = {
  Ok: 0,
  /** It could not be done. */
  Failed: 1,
  /** The configuration or the command line is wrong; nothing was touched. */
  Wrong: 2,
} as const;
