import t from 'tap';
import type { CollectorConfig, TracesConfig } from '../../src/config/traces-config.ts';
import type { Exchange } from '../../src/exchange/exchange.ts';
import { TraceEntry } from '../../src/request/trace-entry.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';

const ID = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const COLLECTOR: CollectorConfig = { url: 'http://c/v1/traces', headers: [], service: 's', timeoutMs: 1, spansMax: 1, user: false };

function begin(headers: readonly string[], config: Partial<TracesConfig> = {}, peerTrusted = false): Exchange {
  const { exchange } = sampleExchange({ headers: ['Host', 'a.test', ...headers] });
  exchange.peerTrusted = peerTrusted;
  new TraceEntry({ trustClients: 'ids', sample: 1, collector: null, ...config }).begin(exchange);
  return exchange;
}

function parent(flags = '01'): string[] {
  return ['traceparent', `00-${ID}-${SPAN}-${flags}`, 'tracestate', 'congo=1'];
}

await t.test('a request without a trace begins one, with random ids of its own', async (t) => {
  const { trace, traceId } = begin([]);
  t.match([trace?.id, trace?.spanId], [/^[0-9a-f]{32}$/, /^[0-9a-f]{16}$/]);
  t.strictSame([traceId, trace?.parentSpanId, trace?.state, trace?.flags], [trace?.id, '', '', 3]);
  t.not(begin([]).traceId, traceId);
});

await t.test('the trace of the caller goes on, in any case of the names', async (t) => {
  for (const name of ['traceparent', 'TraceParent', 'TRACEPARENT']) {
    const { trace } = begin([name, `00-${ID}-${SPAN}-03`, 'TrAcEsTaTe', 'congo=1', 'tracestate', 'rojo=2']);
    t.strictSame([trace?.id, trace?.parentSpanId, trace?.state, trace?.flags], [ID, SPAN, 'congo=1,rojo=2', 3], name);
    t.not(trace?.spanId, SPAN);
  }
});

await t.test('the random flag is passed on as it came', async (t) => {
  t.strictSame(['00', '01', '02', '03'].map((flags) => begin(parent(flags), {}, true).trace?.flags), [0, 1, 2, 3]);
});

await t.test('a traceparent that is not valid, or is there twice, begins a new trace without the state', async (t) => {
  const twice = [...parent(), 'traceparent', `00-${ID}-${SPAN}-00`];
  for (const headers of [['traceparent', `00-${ID}-${SPAN}`, 'tracestate', 'congo=1'], twice, ['trace-parent', `00-${ID}-${SPAN}-01`], ['tracestate', 'congo=1']]) {
    const { trace } = begin(headers, {}, true);
    t.not(trace?.id, ID);
    t.strictSame([trace?.parentSpanId, trace?.state], ['', '']);
  }
});

await t.test('a stranger decides neither that a request is recorded nor that it is not', async (t) => {
  t.equal(begin(parent('01'), { sample: 0 }).trace?.flags, 0);
  t.equal(begin(parent('00'), { sample: 1 }).trace?.flags, 1);
  t.equal(begin(parent('01'), { sample: 0 }, true).trace?.flags, 1, 'a trusted proxy does');
  t.equal(begin(parent('00'), { sample: 1 }, true).trace?.flags, 0, 'both');
  t.equal(begin(parent('01'), { sample: 0, trustClients: 'all' }).trace?.flags, 1, 'and everybody, where that is wanted');
});

await t.test('with trustClients: none only a trusted proxy names the trace', async (t) => {
  t.not(begin(parent(), { trustClients: 'none' }).traceId, ID);
  t.equal(begin(parent(), { trustClients: 'none' }, true).traceId, ID);
});

await t.test('the share that is sampled is that of the option, of new traces by the first of their random bits', async (t) => {
  const entry = new TraceEntry({ trustClients: 'ids', sample: 0.25, collector: null });
  let own = 0;
  let strangers = 0;
  let astray = 0;
  for (let i = 0; i < 4000; i += 1) {
    const { exchange } = sampleExchange();
    entry.begin(exchange);
    const isSampled = ((exchange.trace?.flags ?? 0) & 1) === 1;
    astray += Number(isSampled !== (Number.parseInt(exchange.traceId.slice(18, 26), 16) >= 0.75 * 2 ** 32));
    own += Number(isSampled);
    const { exchange: other } = sampleExchange({ headers: ['Host', 'a', ...parent()] });
    entry.begin(other);
    strangers += (other.trace?.flags ?? 0) & 1;
  }
  t.equal(astray, 0);
  t.ok(Math.abs(own - 1000) < 150, `${own} of 4000`);
  t.ok(Math.abs(strangers - 1000) < 150, `${strangers} of 4000, although all name the same id`);
});

await t.test('only what is sampled is kept for export, and only where there is one', async (t) => {
  t.strictSame(begin([], { collector: COLLECTOR }).trace?.attempts, []);
  t.equal(begin([], { collector: COLLECTOR, sample: 0 }).trace?.attempts, null);
  t.equal(begin([]).trace?.attempts, null);
});
