import t from 'tap';
import { checkBroken, configOf } from '../helpers/config-text.ts';

function collectorOf(options: string): unknown {
  return configOf(`traces: { endpoint: "http://collector:4318", ${options} }`).traces.collector;
}

function urlOf(endpoint: string): string | undefined {
  return configOf(`traces: { endpoint: "${endpoint}" }`).traces.collector?.url;
}

await t.test('without the option traces go on, nothing is exported, and a stranger decides nothing', async (t) => {
  t.strictSame(configOf('').traces, { trustClients: 'ids', sample: 1, collector: null });
  t.strictSame(configOf('traces: { sample: 2.5%, trustClients: none }').traces, { trustClients: 'none', sample: 0.025, collector: null });
});

await t.test('an endpoint gets the rest of its options', async (t) => {
  t.strictSame(collectorOf(''), { url: 'http://collector:4318/v1/traces', headers: [], service: 'sluice', timeoutMs: 5000, spansMax: 2048, user: false });
  t.strictSame(collectorOf('headers: { X-Key: abc }, service: edge, timeout: 2s, queue: 10, user: true'), {
    url: 'http://collector:4318/v1/traces', headers: [['X-Key', 'abc']], service: 'edge', timeoutMs: 2000, spansMax: 10, user: true,
  });
});

await t.test('the path that takes spans is added where it is not there', async (t) => {
  t.equal(urlOf('http://c:4318/'), 'http://c:4318/v1/traces');
  t.equal(urlOf('https://c/otlp/'), 'https://c/otlp/v1/traces');
  t.equal(urlOf('http://c:4318/v1/traces'), 'http://c:4318/v1/traces');
  t.equal(urlOf('http://c:4318/v1/traces?key=1'), 'http://c:4318/v1/traces?key=1');
});

await t.test('what has no effect, or two meanings, is said at its place', async (t) => {
  checkBroken(t, [
    ['traces: { »queue: 10 }', 'without `endpoint`'],
    ['traces: { »headers: { a: b } }', 'without `endpoint`'],
    ['traces: { endpoint: "http://c", headers: { a: b, »A: c } }', 'is given twice'],
  ]);
});
