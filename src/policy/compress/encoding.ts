import { brotliCompressSync, constants, createBrotliCompress, createGzip, createZstdCompress, gzipSync, zstdCompressSync } from 'node:zlib';
import type { BrotliCompress, Gzip, ZstdCompress } from 'node:zlib';
import type { CodingName } from '../../config/policies/compress.ts';

/** How far back a coding looks, as a power of two: 256 KB. Decoders must take 8 MB of zstd (RFC 8878 §3.1.1.1.2). */
const WINDOW_LOG = 18;
/** Without a known length, zstd makes its tables as large as the level would like: 10 MB at 9. These are those of level 3. */
const ZSTD_HASH_LOG = 17;
const ZSTD_CHAIN_LOG = 16;
const ZSTD_LEVEL_OF_TABLES = 3;

export type Encoder = BrotliCompress | Gzip | ZstdCompress;

/** One way to compress at one level. */
export interface Encoding {
  readonly name: CodingName;
  /** What makes an encoder give out everything that it has been given. */
  readonly flushKind: number;
  /** In one go, at once. @throws Error where there is no memory */
  whole(body: Buffer): Buffer;
  /**
   * An encoder that works in the thread pool.
   * @param bytes of the body, -1 where unknown. @param isLive everything that is written goes out at once.
   * @throws Error where there is no memory
   */
  start(bytes: number, isLive: boolean): Encoder;
}

export function encodingOf(name: CodingName, level: number): Encoding {
  switch (name) {
    case 'gzip': return gzip(level);
    case 'br': return brotli(level);
    case 'zstd': return zstd(level);
  }
}

function gzip(level: number): Encoding {
  return {
    name: 'gzip',
    flushKind: constants.Z_SYNC_FLUSH,
    whole: (body) => gzipSync(body, { level }),
    start: (_bytes, isLive) => createGzip({ level, flush: isLive ? constants.Z_SYNC_FLUSH : constants.Z_NO_FLUSH }),
  };
}

function brotli(quality: number): Encoding {
  const paramsFor = (bytes: number): Record<number, number> => ({
    [constants.BROTLI_PARAM_QUALITY]: quality,
    [constants.BROTLI_PARAM_LGWIN]: WINDOW_LOG,
    [constants.BROTLI_PARAM_SIZE_HINT]: Math.max(0, bytes),
  });
  return {
    name: 'br',
    flushKind: constants.BROTLI_OPERATION_FLUSH,
    whole: (body) => brotliCompressSync(body, { params: paramsFor(body.length) }),
    start: (bytes, isLive) => createBrotliCompress({ params: paramsFor(Math.min(bytes, 2 ** 30)), flush: isLive ? constants.BROTLI_OPERATION_FLUSH : constants.BROTLI_OPERATION_PROCESS }),
  };
}

function zstd(level: number): Encoding {
  const base = { [constants.ZSTD_c_compressionLevel]: level };
  const tables = level > ZSTD_LEVEL_OF_TABLES ? { [constants.ZSTD_c_hashLog]: ZSTD_HASH_LOG, [constants.ZSTD_c_chainLog]: ZSTD_CHAIN_LOG } : {};
  const params = { ...base, ...tables, [constants.ZSTD_c_windowLog]: WINDOW_LOG };
  return {
    name: 'zstd',
    flushKind: constants.ZSTD_e_flush,
    whole: (body) => zstdCompressSync(body, { params: base, pledgedSrcSize: body.length }),
    start: (bytes, isLive) => createZstdCompress({ params, flush: isLive ? constants.ZSTD_e_flush : constants.ZSTD_e_continue, ...(bytes < 0 ? {} : { pledgedSrcSize: bytes }) }),
  };
}
