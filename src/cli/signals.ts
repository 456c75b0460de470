type EndSignal = 'SIGTERM' | 'SIGINT' | 'SIGUSR2';

interface SignalActions {
  /** SIGHUP. */
  readonly onReload: () => void;
  /** SIGUSR1, as nginx has it: log files have been renamed. */
  readonly onReopen: () => void;
  /** SIGUSR2, as nginx has it: another process is to take the place of this one. @param signal this one is to end all the same. @returns whether it has. */
  readonly onSuccession: (signal: AbortSignal) => Promise<boolean>;
  /** A second SIGTERM or SIGINT while the first is being obeyed. */
  readonly onSecondEnd: (signal: EndSignal) => void;
}

/**
 * Nothing is in work yet, so a signal ends the start at once; without this, one that is PID 1 would not hear it. The others
 * ask for what a start does anyway, and must not end it as they would by themselves. @returns stops this.
 */
export function endAtSignal(): () => void {
  for (const signal of NEEDLESS) process.on(signal, ignore);
  process.on('SIGTERM', exitBy);
  process.on('SIGINT', exitBy);
  return () => {
    process.off('SIGTERM', exitBy);
    process.off('SIGINT', exitBy);
    for (const signal of NEEDLESS) process.off(signal, ignore);
  };
}

const NEEDLESS = ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;

function ignore(): void {}

function exitBy(signal: EndSignal): void {
  process.exit(signal === 'SIGINT' ? 130 : 143);
}

/** Resolves at the first SIGTERM or SIGINT, or when another process has taken over; keeps the process alive until then. */
export async function untilSignal({ onReload, onReopen, onSuccession, onSecondEnd }: SignalActions): Promise<EndSignal> {
  process.on('SIGHUP', onReload);
  // With a listener of ours, Node does not start its debugger at this signal.
  process.on('SIGUSR1', onReopen);
  // A handler of a signal keeps no process alive, and for a moment there may be no living worker that does.
  const { port1: keepsAlive } = new MessageChannel();
  keepsAlive.ref();
  return new Promise((resolve) => {
    let first = true;
    const isEnding = new AbortController();
    const end = (signal: EndSignal): void => {
      if (!first) {
        onSecondEnd(signal);
        return;
      }
      first = false;
      isEnding.abort();
      keepsAlive.close();
      resolve(signal);
    };
    let succession: Promise<void> | null = null;
    process.on('SIGUSR2', (signal) => {
      if (!first || signal !== 'SIGUSR2') return;
      succession ??= onSuccession(isEnding.signal).then((done) => {
        succession = null;
        return done && first ? end('SIGUSR2') : undefined;
      });
    });
    process.on('SIGTERM', end);
    process.on('SIGINT', end);
  });
}
