import t from 'tap';
import { decided } from '../../src/exchange/decided.ts';
import { decision } from '../../src/observe/metrics/outcome.ts';
import { WorkerMetrics } from '../../src/observe/metrics/worker-metrics.ts';
import { Trace } from '../../src/observe/traces/trace.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';

await t.test('a decision goes to the metrics of the route and to the trace, where there are any', async (t) => {
  const { exchange } = sampleExchange();
  const metrics = new WorkerMetrics();
  const limited = decision('rateLimit', 'limited');
  t.doesNotThrow(() => decided(exchange, limited), 'a request may fail before either is known');
  exchange.outcomes = metrics.outcomesOf('r');
  exchange.trace = new Trace('0af7651916cd43dd8448eb211c80319c', '', 1, '', true);
  decided(exchange, limited);
  t.strictSame(exchange.trace.decisions, [limited]);
  t.match(metrics.snapshot().fresh.filter(({ metric }) => metric === 'rateLimit'), [{ labels: ['(others)', 'limited'] }]);
});
