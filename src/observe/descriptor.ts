import { constants, fstatSync, openSync } from 'node:fs';

/** A file descriptor and how lines are best written to it. */
export interface Descriptor {
  readonly fd: number;
  /** A pipe that was opened here: writes to it never block, and it is to be closed. */
  readonly isOwnPipe: boolean;
  /** What one write call takes without lines of other threads in between. */
  readonly chunkBytesMax: number;
}

// A write of at most PIPE_BUF bytes to a pipe is done whole or not at all (POSIX, write), so lines of several
// threads never mix. A file takes any size whole, a socket what fits in one of the kernel's buffers.
const CHUNK_BYTES = { pipe: 4096, file: 262_144, other: 32_768 };

/** Finds out what a descriptor is. A closed one is told by the first write. */
export function openDescriptor(fd: number): Descriptor {
  const kind = kindOf(fd);
  const ownPipe = kind === 'pipe' ? openPipeAgain(fd) : null;
  return { fd: ownPipe ?? fd, isOwnPipe: ownPipe !== null, chunkBytesMax: CHUNK_BYTES[kind] };
}

function kindOf(fd: number): keyof typeof CHUNK_BYTES {
  try {
    const facts = fstatSync(fd);
    if (facts.isFIFO()) return 'pipe';
    return facts.isFile() ? 'file' : 'other';
  } catch {
    return 'other';
  }
}

/**
 * Opens a pipe a second time without blocking, so that a reader that has stopped never holds this thread, nor a
 * thread of the pool, and nobody else who shares the descriptor is changed. Null: not possible here.
 */
function openPipeAgain(fd: number): number | null {
  if (process.platform !== 'linux') return null;
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return null;
  }
}
