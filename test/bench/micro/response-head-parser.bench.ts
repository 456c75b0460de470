// What a typical upstream answer costs its parser: node test/bench/micro/response-head-parser.bench.ts
import { ResponseParser, type ResponseHandler } from '../../../src/upstream/response-parser.ts';
import { micro } from '../micro-bench.ts';

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

await measure('8 headers, nothing behind them', length, [length.length - BODY.length], 'HEAD');
await measure('8 headers, Content-Length, 100-byte body', length, [length.length]);
await measure('8 headers, one chunk of 100 bytes', chunked, [chunked.length]);
await measure('8 headers, Content-Length, head in two reads', length, [150, length.length]);

function answer(fields: readonly string[], body: string): Buffer {
  return Buffer.from(`HTTP/1.1 200 OK\r\n${fields.join('\r\n')}\r\n\r\n${body}`, 'latin1');
}

async function measure(what: string, bytes: Buffer, ends: readonly number[], method = 'GET'): Promise<void> {
  const read = Buffer.alloc(256 * 1024, 'z');
  bytes.copy(read);
  const parser = new ResponseParser(handler);
  await micro(what, () => {
    parser.begin(method, false);
    let at = 0;
    for (const end of ends) at += parser.execute(read, at, end);
    if (!parser.complete) throw new Error(`not complete: ${parser.fault ?? 'cut'}`);
    return seen;
  });
}
