// What rewriting a head costs, to the upstream and back to the client: node test/bench/micro/request-head.bench.ts
import { endToEndHeaders } from '../../../src/respond/response-headers.ts';
import { requestHead } from '../../../src/upstream/request-writer.ts';
import { sampleExchange } from '../../helpers/sample-exchange.ts';

const ROUNDS = 7;
const CALLS = 200_000;
const LINE = { path: '/api/orders/12345', host: 'app:8000', keepAlive: true, trace: null };

const SMALL = ['Host', 'app.example.com', 'User-Agent', 'curl/8.5.0', 'Accept', '*/*'];
const BROWSER = [
  ...SMALL, 'Connection', 'keep-alive', 'Accept-Language', 'en-GB,en;q=0.9', 'Accept-Encoding', 'gzip, deflate, br, zstd', 'Cookie', `session=${'s'.repeat(64)}; theme=dark`,
  'Referer', 'https://app.example.com/orders', 'Sec-Fetch-Dest', 'empty', 'Sec-Fetch-Mode', 'cors', 'Sec-Fetch-Site', 'same-origin', 'Cache-Control', 'no-cache',
];
const ANSWER = ['Content-Type', 'application/json; charset=utf-8', 'ETag', 'W/"64-x"', 'Vary', 'Accept-Encoding', 'Cache-Control', 'private', 'Date', 'Sat, 21 Nov 2026 08:00:00 GMT'];
const small = sampleExchange({ method: 'GET', url: '/api/orders/12345?page=2', headers: SMALL }).exchange;
const browser = sampleExchange({ method: 'GET', url: '/api/orders/12345?page=2', headers: BROWSER }).exchange;
let kept = 0;

const cases: readonly (readonly [name: string, run: () => number])[] = [
  ['request of 3 headers to the upstream', () => requestHead(small, LINE).length],
  ['request of a browser to the upstream', () => requestHead(browser, LINE).length],
  ['answer where every header stays', () => endToEndHeaders(ANSWER, [], false).length],
  ['answer where Connection and Keep-Alive go', () => endToEndHeaders([...ANSWER, 'Connection', 'keep-alive', 'Keep-Alive', 'timeout=5'], [], false).length],
];

for (const [name, run] of cases) {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const startedAtMs = performance.now();
    for (let index = 0; index < CALLS; index += 1) kept += run();
    times.push(((performance.now() - startedAtMs) * 1e6) / CALLS);
  }
  console.log(`${name.padEnd(44)} ${Math.min(...times).toFixed(0).padStart(6)} ns`);
}
console.log(`${kept} kept`);
