// What the headers policy costs an answer, by preset, against setting each header by itself: node test/bench/micro/answer-headers.bench.ts
import { setHeader } from '../../../src/exchange/answer-head.ts';
import { headers } from '../../../src/policy/headers.ts';
import { helmetHeaders } from '../../../src/policy/headers/helmet-headers.ts';
import { PRESETS } from '../../../src/config/policies/headers/preset.ts';
import { startPolicy } from '../../helpers/policies.ts';
import { sampleExchange } from '../../helpers/sample-exchange.ts';

const ROUNDS = 5;
const CALLS = 300_000;

/** As Express answers with JSON. */
const ANSWER = ['X-Powered-By', 'Express', 'Content-Type', 'application/json; charset=utf-8', 'Content-Length', '1024', 'ETag', 'W/"400-x"', 'Date', 'Sat, 21 Nov 2026 08:00:00 GMT', 'Vary', 'Accept-Encoding', 'Cache-Control', 'private', 'Set-Cookie', 'a=1'];
const { exchange } = sampleExchange({ secure: true });
let kept = 0;

function answerWith(shape: (list: string[]) => void): void {
  const list = [...ANSWER];
  shape(list);
  kept += list.length;
}

const cases: [name: string, shape: (list: string[]) => void][] = [['a copy of the list alone', () => undefined]];
for (const preset of ['standard', 'strict', 'api']) {
  const { onAnswer } = await startPolicy(headers, `headers: ${preset}`);
  cases.push([preset, (list) => onAnswer?.(exchange, { status: 200, statusText: '', headers: list, contentLength: 1024, hasTrailers: false, isUpstreams: true })]);
}
const strict = await helmetHeaders(PRESETS.strict);
cases.push(['strict, each header by itself', (list) => {
  for (const [name, value] of strict) setHeader(list, name, value);
}]);

for (const [name, shape] of cases) {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const startedAtMs = performance.now();
    for (let index = 0; index < CALLS; index++) answerWith(shape);
    times.push(((performance.now() - startedAtMs) * 1e6) / CALLS);
  }
  console.log(`${name.padEnd(32)} ${Math.min(...times).toFixed(0).padStart(6)} ns`);
}
console.log(`${kept} texts kept`);
