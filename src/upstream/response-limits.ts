/** What one answer of an upstream may cost. Bytes and counts, each for one answer. */
export interface ResponseLimits {
  /** Of one head: status line, fields and the empty line. Default 64 KiB. */
  readonly headBytesMax: number;
  /** Fields of one head, and fields of the trailers. Default 200. */
  readonly headerCountMax: number;
  /** 1xx answers before the final one. Default 32. */
  readonly informationalMax: number;
  /** Extensions of all chunks together. Default 16 KiB, as Node has it. */
  readonly chunkExtensionBytesMax: number;
  /** The trailers with the empty line. Default 16 KiB. */
  readonly trailerBytesMax: number;
}
