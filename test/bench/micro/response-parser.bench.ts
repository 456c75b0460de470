/** What one typical upstream answer costs the parser, in nanoseconds. Run: node test/bench/micro/response-parser.bench.ts */
import { ResponseParser, type ResponseHandler } from '../../../src/upstream/response-parser.ts';

const HEAD_FIELDS = [
  'X-Powered-By: Express',
  'Content-Type: application/json; charset=utf-8',
  'ETag: W/"64-Uq1PnBzZk0Dy0m8aKpG0PLZwRcM"',
  'Vary: Accept-Encoding',
  'Cache-Control: private, max-age=0',
  'Date: Fri, 20 Nov 2026 12:00:00 GMT',
  'Connection: keep-alive',
];
const BODY = 'x'.repeat(100);
const ROUND_ANSWERS = 100_000;
const ROUNDS = 5;

let seen = 0;
const handler: ResponseHandler = {
  onInformational() {},
  onHead(head) {
    seen += head.rawHeaders.length;
  },
  onBody(_buffer, start, end) {
    seen += end - start;
  },
  onTrailers() {},
  onComplete() {
    seen++;
  },
};

const length = answer([...HEAD_FIELDS, `Content-Length: ${BODY.length}`], BODY);
const chunked = answer([...HEAD_FIELDS, 'Transfer-Encoding: chunked'], `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`);

measure('8 headers, Content-Length, 100-byte body', length, [length.length]);
measure('8 headers, one chunk of 100 bytes', chunked, [chunked.length]);
measure('8 headers, Content-Length, head in two reads', length, [150, length.length]);

function answer(fields: readonly string[], body: string): Buffer {
  return Buffer.from(`HTTP/1.1 200 OK\r\n${fields.join('\r\n')}\r\n\r\n${body}`, 'latin1');
}

/** The best of some rounds: what the machine's other work adds is not the parser's. */
function measure(name: string, bytes: Buffer, ends: readonly number[]): void {
  const read = Buffer.alloc(256 * 1024, 'z');
  bytes.copy(read);
  const parser = new ResponseParser(handler);
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const startNs = process.hrtime.bigint();
    for (let count = 0; count < ROUND_ANSWERS; count++) {
      parser.begin('GET', false);
      let at = 0;
      for (const end of ends) at += parser.execute(read, at, end);
    }
    best = Math.min(best, Number(process.hrtime.bigint() - startNs) / ROUND_ANSWERS);
    if (!parser.complete) throw new Error(`not complete: ${parser.fault ?? 'cut'}`);
  }
  process.stdout.write(`${name}: ${best.toFixed(0)} ns (${seen} seen)\n`);
}
