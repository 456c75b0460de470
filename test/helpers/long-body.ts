import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { SeededRandom } from './seeded-random.ts';

/** No power of two, so that bytes of a buffer that was used again too early do not fit their place. */
const PATTERN_BYTES = 1024 * 1024 + 7;
const pattern = Buffer.alloc(PATTERN_BYTES);
const random = new SeededRandom(1);
for (let at = 0; at < PATTERN_BYTES; at++) pattern[at] = random.integer(256);

/** Writes `bytes` of the long body, as fast as the stream takes them, and ends the stream. */
export async function writeLongBody(stream: Writable, bytes: number): Promise<void> {
  for (let left = bytes; left > 0; left -= PATTERN_BYTES) {
    if (!stream.write(pattern.subarray(0, Math.min(left, PATTERN_BYTES)))) await once(stream, 'drain');
  }
  stream.end();
}

/** Reads a long body to its end. Returns how many bytes there were; rejects with the place of the first wrong one. */
export async function readLongBody(stream: Readable): Promise<number> {
  let received = 0;
  let fault: string | null = null;
  stream.on('data', (chunk: Buffer) => {
    if (fault === null && !isInPlace(chunk, received)) fault = `wrong bytes in a piece of ${chunk.length} at ${received}`;
    received += chunk.length;
  });
  await once(stream, 'end');
  if (fault !== null) throw new Error(fault);
  return received;
}

function isInPlace(chunk: Buffer, offset: number): boolean {
  for (let at = 0; at < chunk.length;) {
    const from = (offset + at) % PATTERN_BYTES;
    const bytes = Math.min(chunk.length - at, PATTERN_BYTES - from);
    if (chunk.compare(pattern, from, from + bytes, at, at + bytes) !== 0) return false;
    at += bytes;
  }
  return true;
}
