import t from 'tap';
import { decision } from '../../../src/observe/metrics/outcome.ts';
import { Trace, type AttemptTrace } from '../../../src/observe/traces/trace.ts';

const ID = '0af7651916cd43dd8448eb211c80319c';
const START = { member: 'api:8000', host: 'api', port: 8000, secure: false, isH2: false, path: '/a', startMs: 1 };

function attemptOf(records: boolean, flags = 3): AttemptTrace {
  return new Trace(ID, '', flags, 'congo=1', records).begin(START);
}

await t.test('each attempt is a span of its own, and the upstream is told of that', async (t) => {
  const trace = new Trace(ID, '', 3, 'congo=1', true);
  const [first, second] = [trace.begin(START), trace.begin(START)];
  t.equal(new Set([trace.spanId, first.spanId, second.spanId]).size, 3);
  t.strictSame([first.traceparent, first.tracestate], [`00-${ID}-${first.spanId}-03`, 'congo=1']);
  t.strictSame(trace.attempts, [first, second]);
});

await t.test('what is not sampled, or not exported, is not kept', async (t) => {
  t.strictSame([attemptOf(true).isRecorded, attemptOf(true, 2).isRecorded, attemptOf(false).isRecorded], [true, false, false]);
  const trace = new Trace(ID, '', 2, '', true);
  trace.begin(START);
  trace.note(decision('cors', 'preflight'));
  t.strictSame([trace.attempts, trace.decisions], [null, []]);
});

await t.test('the outcomes of policies are kept with it', async (t) => {
  const trace = new Trace(ID, '', 1, '', true);
  const [delayed, refused, limited] = [decision('rateLimit', 'delayed'), decision('cors', 'refused'), decision('rateLimit', 'limited')];
  trace.note(delayed);
  t.strictSame(trace.decisions, [delayed]);
  trace.note(refused);
  trace.note(limited);
  t.strictSame(trace.decisions, [refused, limited], 'the last one of a kind counts');
});

await t.test('an attempt has one end, and its status is that of the head', async (t) => {
  const attempt = attemptOf(true);
  attempt.connected(2);
  attempt.settled(200, 5);
  attempt.settled(0, 6);
  attempt.ended(7);
  attempt.ended(9);
  t.match(attempt, { connectMs: 2, headMs: 5, endMs: 7, status: 200, errorCode: '' });
  const failed = attemptOf(true);
  failed.settled('upstream_reset', 4);
  failed.ended(8);
  t.match(failed, { headMs: -1, endMs: 4, status: 0, errorCode: 'upstream_reset' });
});
