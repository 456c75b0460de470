import { setFlagsFromString } from 'node:v8';

const SMALL_BYTES = 512 * 1024 * 1024;
/** New objects get 1 MB of each heap where they would get 16, and code is kept small: a third of the memory, for some speed. */
const FLAGS = ['--max-semi-space-size=1', '--semi-space-growth-factor=1', '--optimize-for-size'];

/**
 * Keeps the heaps of all threads small where the memory of this process has a bound that asks for it, as containers have.
 * To be called before most of the program is loaded, and before any thread is started.
 * @param limitBytes of `process.constrainedMemory()`: 0, or more than there is, where nothing bounds it.
 */
export function fitSmallMachine(limitBytes: number, setFlag: (flag: string) => void = setFlagsFromString): void {
  if (limitBytes > 0 && limitBytes <= SMALL_BYTES) FLAGS.forEach((flag) => setFlag(flag));
}
