/** Lines waiting to be written, joined to chunks of whole lines. Bounded in bytes; the newest line is the one refused. */
export class LineQueue {
  readonly #bytesMax: number;
  /** A line that is longer is a chunk by itself. */
  chunkBytesMax: number;
  #chunks: string[] = [];
  #tailBytes = 0;
  #bytes = 0;

  constructor(bytesMax: number, chunkBytesMax: number) {
    this.#bytesMax = bytesMax;
    this.chunkBytesMax = chunkBytesMax;
  }

  /** False: there is no room. */
  push(line: string): boolean {
    const lineBytes = Buffer.byteLength(line);
    if (this.#bytes + lineBytes > this.#bytesMax) return false;
    this.#bytes += lineBytes;
    const last = this.#chunks.length - 1;
    if (last < 0 || this.#tailBytes + lineBytes > this.chunkBytesMax) {
      this.#chunks.push(line);
      this.#tailBytes = lineBytes;
    } else {
      this.#chunks[last] += line;
      this.#tailBytes += lineBytes;
    }
    return true;
  }

  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  shift(): Buffer | null {
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return null;
    const bytes = Buffer.from(chunk);
    this.#bytes -= bytes.length;
    return bytes;
  }

  /** Empties the queue and returns how many lines were in it. */
  clear(): number {
    let lines = 0;
    for (const chunk of this.#chunks) lines += chunk.split('\n').length - 1;
    this.#chunks = [];
    this.#bytes = 0;
    return lines;
  }
}
