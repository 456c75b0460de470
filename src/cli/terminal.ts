import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { isatty } from 'node:tty';
import { liveTerminal, type LiveTerminal } from './live-terminal.ts';

/** What a command has of the process it runs in; tests give it another one. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Colours are wanted on standard error: a terminal, and the user has not said NO_COLOR. */
  readonly color: boolean;
  /** The same of standard output. */
  readonly outColor: boolean;
  out(text: string): void;
  err(text: string): void;
  /** What is typed or piped in, without the line feed at its end. A terminal shows the question, and nothing of the answer. */
  secret(question: string): Promise<string>;
  /** For a command that goes on until somebody ends it. */
  live(): LiveTerminal;
}

const noColor = (process.env['NO_COLOR'] ?? '') !== '';

export const processTerminal: Terminal = {
  env: process.env,
  color: isatty(process.stderr.fd) && !noColor,
  outColor: isatty(process.stdout.fd) && !noColor,
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
  secret: async (question) => (process.stdin.isTTY ? askUnseen(question) : wholeInput()),
  live: () => liveTerminal({ env: process.env, output: process.stdout, errors: process.stderr, input: () => process.stdin, signals: process }),
};

async function wholeInput(): Promise<string> {
  const piped = await text(process.stdin);
  return piped.replace(/\r?\n$/, '');
}

async function askUnseen(question: string): Promise<string> {
  process.stderr.write(question);
  // Editing keys work, but what they do is written to nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  try {
    return await new Promise<string>((resolve) => {
      lines.once('line', resolve);
      lines.once('close', () => resolve(''));
    });
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}

/** Exit codes, as documented in `sluice --help`. */
export const Exit = {
  Ok: 0,
  /** It could not be done. */
  Failed: 1,
  /** The configuration or the command line is wrong; nothing was touched. */
  Wrong: 2,
} as const;
