/** Has something to write once the present turn of the event loop has nothing else to do. */
export interface BatchedWriter {
  /** Never throws. */
  writeBatched(): void;
}

/** So many writers are gathered before they write: what the first one waits for is bounded even in the fullest turn. */
const WRITERS_MAX = 64;

/** One for each thread, as its event loop is. */
let waiting: BatchedWriter[] = [];

/**
 * Has `writer` write at the end of this turn of the event loop, together with all others. A write to a socket wakes
 * whoever reads the other end, and to wake a sleeper costs more than the write itself; of writes that follow one another
 * closely only the first one does. On a quiet gateway a turn is one event, and nothing waits.
 */
export function writeAtEndOfTurn(writer: BatchedWriter): void {
  const count = waiting.push(writer);
  if (count === 1) setImmediate(writeAll);
  else if (count === WRITERS_MAX) writeAll();
}

function writeAll(): void {
  const writers = waiting;
  waiting = [];
  let at = 0;
  try {
    for (; at < writers.length; at += 1) writers[at]?.writeBatched();
  } finally {
    // A bug in one of them must not keep the others from writing.
    for (const writer of writers.slice(at + 1)) writeAtEndOfTurn(writer);
  }
}
