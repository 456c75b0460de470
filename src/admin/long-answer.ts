import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

interface LongAnswer {
  /** Members that stand before the list. */
  readonly before: object;
  /** Of the list. */
  readonly name: string;
  readonly slices: AsyncIterable<readonly unknown[]>;
  /** Members that stand behind it, asked when it has ended. */
  readonly after: () => object;
}

/** Answers with an object that has a long list, as it comes: the text is never there as a whole, nor made in one go. */
export function sendLong(reply: FastifyReply, answer: LongAnswer): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(Readable.from(textOf(answer), { objectMode: false }));
}

async function* textOf({ before, name, slices, after }: LongAnswer): AsyncGenerator<string> {
  let text = `{${membersOf(before, '', ',')}${JSON.stringify(name)}:[`;
  let separator = '';
  for await (const slice of slices) {
    if (slice.length === 0) continue;
    yield `${text}${separator}${slice.map((item) => JSON.stringify(item)).join()}`;
    text = '';
    separator = ',';
  }
  yield `${text}]${membersOf(after(), ',', '')}}`;
}

function membersOf(members: object, before: string, behind: string): string {
  const text = JSON.stringify(members).slice(1, -1);
  return text === '' ? '' : `${before}${text}${behind}`;
}
