import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';

interface DownloadQuery {
  readonly bytes: number;
}

const TRANSFER_BYTES_MAX = 1024 ** 3;
const BLOCK = Buffer.alloc(65_536, 'The quick brown fox jumps over the lazy dog.\n');

const DOWNLOAD_SCHEMA = {
  type: 'object',
  properties: { bytes: { type: 'integer', minimum: 0, maximum: TRANSFER_BYTES_MAX, default: 1024 ** 2 } },
};

/** `POST /upload` counts what comes, `GET /download?bytes=…` sends that many; both stream, at most 1 GiB. */
export async function addTransferRoutes(app: FastifyInstance, instance: string): Promise<void> {
  app.get<{ Querystring: DownloadQuery }>('/download', { schema: { querystring: DOWNLOAD_SCHEMA } }, (request, reply) => {
    const { bytes } = request.query;
    reply.headers({ 'content-type': 'application/octet-stream', 'content-length': bytes, 'content-disposition': 'attachment; filename="download.bin"' });
    return reply.send(Readable.from(blocks(bytes)));
  });

  // In a scope of its own, as here every body is a stream of bytes whatever its type.
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    scope.post<{ Body: AsyncIterable<Buffer> | undefined }>('/upload', async (request, reply) => {
      let bytes = 0;
      for await (const chunk of request.body ?? []) {
        bytes += chunk.length;
        if (bytes > TRANSFER_BYTES_MAX) return reply.code(413).send({ instance, text: `At most ${TRANSFER_BYTES_MAX} bytes.` });
      }
      return { instance, bytes };
    });
  });
}

function* blocks(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= BLOCK.length) {
    yield left >= BLOCK.length ? BLOCK : BLOCK.subarray(0, left);
  }
}
