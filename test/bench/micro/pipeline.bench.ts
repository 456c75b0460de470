// What Fastify costs a request between its route and its handler, without policies: node test/bench/micro/pipeline.bench.ts
import { Pipeline } from '../../../src/policy/pipeline.ts';
import { sampleExchange } from '../../helpers/sample-exchange.ts';
import { micro } from '../micro-bench.ts';

const API = ['Host', 'app.example.com', 'User-Agent', 'curl/8.5.0', 'Accept', '*/*'];
const BROWSER = [
  ...API, 'Connection', 'keep-alive', 'Accept-Language', 'en-GB,en;q=0.9', 'Accept-Encoding', 'gzip, deflate, br, zstd', 'Cookie', `session=${'s'.repeat(64)}; theme=dark`,
  'Referer', 'https://app.example.com/orders', 'Sec-Fetch-Dest', 'empty', 'Sec-Fetch-Mode', 'cors', 'Sec-Fetch-Site', 'same-origin', 'Cache-Control', 'no-cache',
];
let handled = 0;
const pipeline = await Pipeline.create([{ phases: [], handle: () => { handled += 1; } }]);

for (const [what, headers] of [['3 headers', API], ['those of a browser', BROWSER]] as const) {
  const { exchange } = sampleExchange({ headers });
  await micro(what, () => {
    pipeline.run(exchange, 0);
    return handled;
  });
}
await pipeline.close();
