type EndSignal = 'SIGTERM' | 'SIGINT';

interface SignalActions {
  /** SIGHUP. */
  readonly onReload: () => void;
  /** SIGUSR1, as nginx has it: log files have been renamed. */
  readonly onReopen: () => void;
  /** A second SIGTERM or SIGINT while the first is being obeyed. */
  readonly onSecondEnd: (signal: EndSignal) => void;
}

/** Resolves at the first SIGTERM or SIGINT; keeps the process alive until then. */
export async function untilSignal({ onReload, onReopen, onSecondEnd }: SignalActions): Promise<EndSignal> {
  process.on('SIGHUP', onReload);
  // With a listener of ours, Node does not start its debugger at this signal.
  process.on('SIGUSR1', onReopen);
  // A handler of a signal keeps no process alive, and for a moment there may be no living worker that does.
  const { port1: keepsAlive } = new MessageChannel();
  keepsAlive.ref();
  return new Promise((resolve) => {
    let first = true;
    const end = (signal: EndSignal): void => {
      if (!first) {
        onSecondEnd(signal);
        return;
      }
      first = false;
      keepsAlive.close();
      resolve(signal);
    };
    process.on('SIGTERM', end);
    process.on('SIGINT', end);
  });
}
