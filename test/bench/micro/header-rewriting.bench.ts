// What rewriting a head costs, to the upstream and back to the client: node test/bench/micro/header-rewriting.bench.ts
import { endToEndHeaders } from '../../../src/respond/response-headers.ts';
import { requestHead } from '../../../src/upstream/request-writer.ts';
import { sampleExchange } from '../../helpers/sample-exchange.ts';
import { micro } from '../micro-bench.ts';

const LINE = { path: '/api/orders/12345', host: 'app:8000', keepAlive: true, trace: null };

const SMALL = ['Host', 'app.example.com', 'User-Agent', 'curl/8.5.0', 'Accept', '*/*'];
const BROWSER = [
  ...SMALL, 'Connection', 'keep-alive', 'Accept-Language', 'en-GB,en;q=0.9', 'Accept-Encoding', 'gzip, deflate, br, zstd', 'Cookie', `session=${'s'.repeat(64)}; theme=dark`,
  'Referer', 'https://app.example.com/orders', 'Sec-Fetch-Dest', 'empty', 'Sec-Fetch-Mode', 'cors', 'Sec-Fetch-Site', 'same-origin', 'Cache-Control', 'no-cache',
];
const ANSWER = ['Content-Type', 'application/json; charset=utf-8', 'ETag', 'W/"64-x"', 'Vary', 'Accept-Encoding', 'Cache-Control', 'private', 'Date', 'Sat, 21 Nov 2026 08:00:00 GMT'];
const HOP_BY_HOP = [...ANSWER, 'Connection', 'keep-alive', 'Keep-Alive', 'timeout=5'];

for (const [what, headers] of [['request of 3 headers to the upstream', SMALL], ['request of a browser to the upstream', BROWSER]] as const) {
  const { exchange } = sampleExchange({ method: 'GET', url: '/api/orders/12345?page=2', headers });
  await micro(what, () => requestHead(exchange, LINE));
}
await micro('answer where every header stays', () => endToEndHeaders(ANSWER, [], false));
await micro('answer where Connection and Keep-Alive go', () => endToEndHeaders(HOP_BY_HOP, [], false));
