import { setFlagsFromString } from 'node:v8';

const SMALL_BYTES = 512 * 1024 * 1024;
/** New objects get 1 MB of each heap where they would get 16, and code is kept small: a third of the memory, for some speed. */
const SMALL_FLAGS = ['--max-semi-space-size=1', '--semi-space-growth-factor=1', '--optimize-for-size'];

/**
 * V8 makes the heap of a thread small that has had nothing to do for some seconds, and throws away with it what its
 * compiled code was made for: the first requests after a quiet minute took twice the time. The memory is kept instead.
 */
const LARGE_FLAGS = ['--no-memory-reducer'];

/**
 * Fits the heaps of all threads to the machine: small where the memory of this process has a bound that asks for it, as
 * containers have. To be called before most of the program is loaded, and before any thread is started.
 * @param limitBytes of `process.constrainedMemory()`: 0, or more than there is, where nothing bounds it.
 */
export function fitMachine(limitBytes: number, setFlag: (flag: string) => void = setFlagsFromString): void {
  const isSmall = limitBytes > 0 && limitBytes <= SMALL_BYTES;
  (isSmall ? SMALL_FLAGS : LARGE_FLAGS).forEach((flag) => setFlag(flag));
}
