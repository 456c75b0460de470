// What the headers policy costs an answer, by preset, against setting each header by itself: node test/bench/micro/answer-headers.bench.ts
import { setHeader } from '../../../src/exchange/answer-head.ts';
import { headers } from '../../../src/policy/headers.ts';
import { helmetHeaders } from '../../../src/policy/headers/helmet-headers.ts';
import { PRESETS } from '../../../src/config/policies/headers/preset.ts';
import { startPolicy } from '../../helpers/policies.ts';
import { sampleExchange } from '../../helpers/sample-exchange.ts';
import { micro } from '../micro-bench.ts';

/** As Express answers with JSON. */
const ANSWER = ['X-Powered-By', 'Express', 'Content-Type', 'application/json; charset=utf-8', 'Content-Length', '1024', 'ETag', 'W/"400-x"', 'Date', 'Sat, 21 Nov 2026 08:00:00 GMT', 'Vary', 'Accept-Encoding', 'Cache-Control', 'private', 'Set-Cookie', 'a=1'];
const { exchange } = sampleExchange({ secure: true });
const input = (): string[] => [...ANSWER];

for (const preset of ['standard', 'strict', 'api']) {
  const { onAnswer } = await startPolicy(headers, `headers: ${preset}`);
  if (onAnswer === undefined) throw new Error(`${preset} shapes no answer`);
  await micro(preset, (list: string[]) => {
    onAnswer(exchange, { status: 200, statusText: '', headers: list, contentLength: 1024, hasTrailers: false, isUpstreams: true });
    return list;
  }, { input });
}
const strict = await helmetHeaders(PRESETS.strict);
await micro('strict, each header by itself', (list: string[]) => {
  for (const [name, value] of strict) setHeader(list, name, value);
  return list;
}, { input });
