import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import type { RecordedHead, RecordedResponse } from './response-recorder.ts';

/** A connection that answers the first write with these bytes and then ends. */
class CannedConnection extends Duplex {
  #bytes: Buffer | null;

  constructor(bytes: Buffer) {
    super({ allowHalfOpen: true });
    this.#bytes = bytes;
  }

  override _read(): void {
    // All there is was pushed by the first write.
  }

  override _write(_chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    if (this.#bytes !== null) {
      this.push(this.#bytes);
      this.push(null);
      this.#bytes = null;
    }
    done();
  }
}

/** The bytes of one connection as Node's own client takes them. */
export async function parseWithNode(bytes: Buffer, method: string, upgradeRequested: boolean): Promise<RecordedResponse> {
  const informational: RecordedHead[] = [];
  const body: Buffer[] = [];
  let response: IncomingMessage | null = null;
  let failure: NodeJS.ErrnoException | null = null;
  let rest: Buffer | null = null;

  const sent = request({
    method,
    createConnection: () => new CannedConnection(bytes),
    maxHeaderSize: 64 * 1024,
    headers: upgradeRequested ? { connection: 'Upgrade', upgrade: 'websocket' } : {},
  });
  sent.on('information', (info) => informational.push(plainHead(info.statusCode, info.statusMessage, info.rawHeaders)));
  sent.on('error', (error) => (failure ??= error));
  sent.on('response', (incoming) => {
    response = incoming;
    incoming.on('error', (error) => (failure ??= error));
    incoming.on('data', (chunk: Buffer) => body.push(chunk));
  });
  sent.on('upgrade', (incoming, socket, head) => {
    response = incoming;
    rest = head;
    socket.destroy();
  });
  await ended(sent);
  return recordOf(informational, response, Buffer.concat(body).toString('latin1'), failure, rest);
}

async function ended(sent: ClientRequest): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  sent.on('close', resolve);
  sent.end();
  await promise;
}

function recordOf(
  informational: RecordedHead[],
  response: IncomingMessage | null,
  body: string,
  failure: NodeJS.ErrnoException | null,
  rest: Buffer | null,
): RecordedResponse {
  const refused = failure?.code?.startsWith('HPE_') === true;
  const complete = response?.complete === true && response.readableEnded;
  return {
    informational,
    head: response && plainHead(response.statusCode ?? 0, response.statusMessage ?? '', response.rawHeaders),
    body,
    trailers: response?.rawTrailers ?? [],
    outcome: rest !== null ? 'upgraded' : refused ? 'refused' : complete ? 'complete' : 'cut',
    reason: failure === null ? '' : `${failure.code}: ${failure.message}`,
    rest: rest?.toString('latin1') ?? '',
  };
}

function plainHead(status: number, statusText: string, rawHeaders: readonly string[]): RecordedHead {
  return { status, statusText, rawHeaders };
}
