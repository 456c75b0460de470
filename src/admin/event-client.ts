import type { IncomingMessage } from 'node:http';
import { type AdminPlace, openAnswer, readAnswer, unusableAnswer } from './admin-client.ts';
import { EventParser, type ServerEvent } from './event-parser.ts';

interface Subscription {
  readonly path: string;
  /** Ends the reading. */
  readonly signal: AbortSignal;
  /** A connection on which nothing came for so long has died without a word; default 15 s, thrice what the gateway keeps quiet. */
  readonly silenceMsMax?: number;
}

/** An hour of two hundred routes is some 5 MB. */
const EVENT_CHARS_MAX = 32 * 1024 * 1024;
const SILENCE_MS_MAX = 15_000;

/**
 * Opens a stream of server-sent events of the Sluice that listens there. Resolves when it has been accepted; the events
 * end with the connection, whoever ends it. They are read no faster than they are taken.
 * Throws AdminClientError where it is not accepted.
 */
export async function openEvents({ address, token }: AdminPlace, { path, signal, silenceMsMax = SILENCE_MS_MAX }: Subscription): Promise<AsyncGenerator<ServerEvent>> {
  const response = await openAnswer(address, { method: 'GET', path, token, silenceMsMax }, signal);
  if (response.statusCode === 200 && response.headers['content-type']?.startsWith('text/event-stream') === true) return eventsOf(response);
  throw unusableAnswer(address, 'opened no stream', await readAnswer(address, response));
}

async function* eventsOf(response: IncomingMessage): AsyncGenerator<ServerEvent> {
  const parser = new EventParser(EVENT_CHARS_MAX);
  response.setEncoding('utf8');
  try {
    for await (const text of response as AsyncIterable<string>) yield* parser.read(text);
  } catch {
    // A connection that breaks, is cut by us, or carries nonsense is one that has ended.
  } finally {
    response.destroy();
  }
}
