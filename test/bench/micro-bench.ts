import path from 'node:path';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { do_not_optimize as keep, measure } from 'mitata';
import { microTable, type MicroRow } from './micro-table.ts';

/** Nanoseconds that a function runs before it is measured, so that it is compiled, and while it is. */
const WARM_UP_NS = 60e6;
const MEASURED_NS = 200e6;

/** Calls between two looks at the clock; one call alone where it takes longer than `LONG_NS`. */
const BATCH = 2048;
const LONG_NS = 20_000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

interface MicroOptions<Input> {
  /** Makes what a call is given: anew for each, and outside the time that counts. */
  readonly input?: () => Input | Promise<Input>;
  /** What `run` does at a time; its figures are those of one. Default 1. */
  readonly times?: number;
  /** Calls between two looks at the clock, where it must not be left to how long one takes. */
  readonly batch?: number;
  /** Nanoseconds since any moment. Default: wall time. */
  readonly clock?: () => number;
}

/**
 * The one place from which all that is measured is called. After the first few V8 inlines none of them here, so what they
 * return is made, though nobody uses it. That costs each the same call, some 2 ns.
 */
function call<Input>(run: (input: Input) => unknown, input: Input): unknown {
  const result = run(input);
  keep(result);
  return result;
}

/** So that the first function that is measured finds what the last one does. */
for (const run of [() => 1, () => 'a', () => null, () => true, () => 0.5, () => undefined]) for (let count = 0; count < 1000; count += 1) call(run, null);

/** Measures one function: `run` is called with what `input` makes, and what it returns counts as used. A promise is waited for. */
export async function measureMicro<Input = undefined>(run: (input: Input) => unknown, options: MicroOptions<Input> = {}): Promise<Omit<MicroRow, 'what'>> {
  const { input = (): undefined => undefined, times = 1, batch = BATCH, clock } = options;
  const settings = {
    gc: collectGarbage, heap: allocatedBytes, batch_unroll: 1, batch_samples: batch,
    // Sixteen tries to be quick: one may be interrupted.
    warmup_threshold: Infinity, warmup_samples: 16, batch_threshold: options.batch === undefined ? LONG_NS : Infinity,
    ...(clock === undefined ? {} : { now: clock }),
  };
  const task = function* (): Generator<() => unknown, void, undefined> {
    // The library documents this form; its types know only the function alone.
    yield { 0: input, bench: (made: Input) => call(run, made) } as unknown as () => unknown;
  };
  await measure(task, { ...settings, min_samples: 1, min_cpu_time: WARM_UP_NS });
  const { p25, p50, p75, heap, ticks, samples } = await measure(task, { ...settings, min_cpu_time: MEASURED_NS });
  // The least, as in the others memory was taken to look at the memory. Of a single call that would be most of it.
  const bytes = heap === undefined || ticks === samples.length ? null : heap.min / times;
  return { medianNs: p50 / times, lowNs: p25 / times, highNs: p75 / times, bytes };
}

const rows: MicroRow[] = [];

/** Measures a function and tells the figures: at once to who has started this process for them, else on standard output at the end. */
export async function micro<Input = undefined>(what: string, run: (input: Input) => unknown, options: MicroOptions<Input> = {}): Promise<void> {
  const row: MicroRow = { what, ...await measureMicro(run, options) };
  if (process.send !== undefined) await new Promise((resolve) => { process.send?.(row, resolve); });
  else if (rows.push(row) === 1) process.once('exit', () => console.log(microTable([{ file: path.basename(process.argv[1] ?? '', '.bench.ts'), rows }])));
}

/** Gives the items in turn, again and again. */
export function inTurn<Item>(items: readonly Item[]): () => Item {
  let at = -1;
  return () => {
    at = (at + 1) % items.length;
    return items[at]!;
  };
}

/** A text as a parser makes it: flat, its own, its hash not known yet. */
export function freshText(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** Bytes taken on this thread's heap since its start, whatever has been collected of them. */
function allocatedBytes(): number {
  return getHeapStatistics().total_allocated_bytes;
}
