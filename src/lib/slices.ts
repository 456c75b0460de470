import { setImmediate as nextTurn } from 'node:timers/promises';

/** Of a list that costs some microseconds for each item, a slice is a few milliseconds. */
const ITEMS = 1000;

/** The items of a long list, a slice for each turn of the event loop, so that whoever goes through all of them keeps nobody waiting. */
export async function* inSlices<T>(items: Iterable<T>): AsyncGenerator<readonly T[]> {
  let slice: T[] = [];
  for (const item of items) {
    slice.push(item);
    if (slice.length < ITEMS) continue;
    yield nextTurn(slice);
    slice = [];
  }
  yield slice;
}
