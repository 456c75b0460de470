import t from 'tap';
import { RecordingPools } from '../../src/gateway/recording-pools.ts';
import { Deadlines } from '../../src/lib/deadlines.ts';
import { PoolRegistry } from '../../src/upstream/pool-registry.ts';
import { upstreamOf } from '../helpers/config-text.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { RecordingUser } from '../helpers/recording-user.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';

const DEADLINES = new Deadlines(new ManualClock(), (error) => {
  throw error;
});
const LINE = { path: '/p', host: 'api:8000', keepAlive: true, trace: null };

async function sentBy(options: string, secure: boolean, upgrade = ''): Promise<{ pools: RecordingPools; user: RecordingUser }> {
  const pools = new RecordingPools(new PoolRegistry(DEADLINES));
  const { pool, release } = pools.take(upstreamOf(options), { address: null, host: 'nowhere.invalid', port: 1, path: null, secure });
  const user = new RecordingUser();
  const { exchange } = sampleExchange({ url: '/?q=1', headers: ['Host', 'a.test', 'X-A', '1'] });
  exchange.query = '?q=1';
  exchange.upgrade = upgrade;
  pool.call(user, false).send(exchange, LINE);
  t.strictSame(user.told, [], 'nobody is answered from within the method that sends');
  await new Promise((resolve) => setImmediate(resolve));
  release();
  return { pools, user };
}

await t.test('what would be sent is written down, and answered with an empty 200', async (t) => {
  const { pools, user } = await sentBy('retry: { attempts: 0 }', true);
  t.match(pools.sent, { protocol: 'HTTP/1.1', secure: true, line: 'GET /p?q=1 HTTP/1.1' });
  t.strictSame(pools.sent?.headers.slice(0, 2), [['Host', 'api:8000'], ['X-A', '1']]);
  t.strictSame(user.told, ['head 200', 'complete']);
  t.strictSame(RecordingPools.answered, ['Server', 'X-Powered-By']);
});

await t.test('over HTTP/2 the pseudo-headers become a line that reads like one', async (t) => {
  const { pools } = await sentBy('protocol: h2', false);
  t.match(pools.sent, { protocol: 'HTTP/2', secure: false, line: 'GET /p?q=1 HTTP/2' });
  t.strictSame(pools.sent?.headers.slice(0, 2), [['Host', 'api:8000'], ['x-a', '1']]);
  t.match((await sentBy('protocol: h2', false, 'websocket')).pools.sent?.line, 'CONNECT (websocket) /p?q=1 HTTP/2');
});

await t.test('whether connections are kept is what the real pool says', async (t) => {
  const pools = new RecordingPools(new PoolRegistry(DEADLINES));
  const keeps = (options: string): boolean => pools.take(upstreamOf(options), { address: null, host: 'a', port: 1, path: null, secure: false }).pool.keepsAlive;
  t.strictSame([keeps('retry: { attempts: 0 }'), keeps('keepAlive: { connections: 0 }')], [true, false]);
});
