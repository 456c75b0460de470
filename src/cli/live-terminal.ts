import type { Readable, Writable } from 'node:stream';

/** The process for a command that goes on until somebody ends it. To be closed at its end. */
export interface LiveTerminal {
  /** Aborted where somebody ends the command by a signal or a key, and where nobody reads standard output any more. */
  readonly ended: AbortSignal;
  /** Null: standard output is no terminal that can be written all over. */
  readonly screen: Screen | null;
  /** To standard output, as it is. Resolves when there is room for more, or it has ended. */
  write(text: string): Promise<void>;
  /** Leaves the terminal as it was, and lets the process end. */
  close(): void;
}

export interface Screen {
  readonly columns: number;
  readonly rows: number;
  /** Takes the whole terminal, whose `q` and Ctrl-C end the command from now on, until it is closed. */
  open(onResize: () => void): void;
}

type Input = Readable & { readonly isTTY?: boolean; setRawMode?(isRaw: boolean): unknown };
type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };

interface LiveProcess {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly output: Output;
  /** Standard error. */
  readonly errors: Writable;
  /** Asked for only where keys are read: whoever touches standard input keeps others from it. */
  readonly input: () => Input;
  /** The process, of which signals come. */
  readonly signals: Pick<NodeJS.EventEmitter, 'on' | 'off'>;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** The alternate screen, no cursor, no wrapping; and all of it back. */
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[?1049l';
/** In raw mode Ctrl-C is a character. */
const END_KEYS = ['q', 'Q', '\u0003'];
const COLUMNS_DEFAULT = 80;
const ROWS_DEFAULT = 24;

export function liveTerminal(process: LiveProcess): LiveTerminal {
  return new ProcessTerminal(process);
}

class ProcessTerminal implements LiveTerminal {
  readonly screen: Screen | null;
  readonly #process: LiveProcess;
  readonly #controller = new AbortController();
  /** A pending timer or a handler of a signal keeps no process alive, and a command may wait for nothing else. */
  readonly #keepsAlive = new MessageChannel().port1;
  readonly #end = (): void => this.#controller.abort();
  readonly #close = (): void => this.close();
  #closeScreen: () => void = () => undefined;

  constructor(process: LiveProcess) {
    const { output, errors, env, signals } = process;
    this.#process = process;
    this.#keepsAlive.ref();
    for (const signal of SIGNALS) signals.on(signal, this.#end);
    // A fault must not leave a terminal behind that shows nothing of what is typed.
    signals.on('exit', this.#close);
    // Stays: what is still to be written can fail after the command has ended.
    for (const stream of [output, errors]) stream.on('error', this.#end);
    const canMove = output.isTTY === true && env['TERM'] !== 'dumb';
    this.screen = canMove ? this.#screenOf(output) : null;
  }

  get ended(): AbortSignal {
    return this.#controller.signal;
  }

  async write(text: string): Promise<void> {
    const { output } = this.#process;
    const { signal } = this.#controller;
    if (signal.aborted || output.write(text)) return;
    await new Promise<void>((resolve) => {
      output.on('drain', go);
      signal.addEventListener('abort', go);
      function go(): void {
        output.off('drain', go);
        signal.removeEventListener('abort', go);
        resolve();
      }
    });
  }

  close(): void {
    const { signals } = this.#process;
    this.#closeScreen();
    // From now on a signal ends the process at once, even where somebody does not read what is still to be written.
    for (const signal of SIGNALS) signals.off(signal, this.#end);
    signals.off('exit', this.#close);
    this.#keepsAlive.close();
    this.#end();
  }

  #screenOf(output: Output): Screen {
    return {
      get columns() { return output.columns || COLUMNS_DEFAULT; },
      get rows() { return output.rows || ROWS_DEFAULT; },
      open: (onResize) => {
        const letGo = this.#takeKeys();
        output.on('resize', onResize);
        output.write(ENTER);
        this.#closeScreen = () => {
          this.#closeScreen = () => undefined;
          output.off('resize', onResize);
          letGo();
          output.write(LEAVE);
        };
      },
    };
  }

  /** @returns gives them back. */
  #takeKeys(): () => void {
    const input = this.#process.input();
    if (input.isTTY !== true) return () => undefined;
    const onKeys = (keys: Buffer): void => {
      if (END_KEYS.some((key) => keys.includes(key))) this.#end();
    };
    input.setRawMode?.(true);
    input.on('data', onKeys);
    input.on('error', this.#end);
    return () => {
      input.off('data', onKeys);
      input.setRawMode?.(false);
      input.pause();
    };
  }
}
