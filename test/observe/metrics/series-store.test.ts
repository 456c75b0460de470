import t from 'tap';
import { SeriesStore } from '../../../src/observe/metrics/series-store.ts';

await t.test('a snapshot holds what has changed, and names each series once', async (t) => {
  const store = new SeriesStore();
  const one = store.make('retries', 'api');
  const times = store.makeHistogram('duration', 'a');
  one.add(2);
  times.observe(0.5);
  const first = store.snapshot();
  t.strictSame(first.fresh, [{ number: 0, metric: 'retries', labels: ['api'] }, { number: 1, metric: 'duration', labels: ['a'] }]);
  t.strictSame([first.changed, first.values.length, first.values[0]], [[0, 1], 1 + times.values.length, 2]);
  t.strictSame(store.snapshot().changed, []);
  one.add(1);
  const second = store.snapshot();
  t.strictSame([second.fresh, second.changed, [...second.values]], [[], [0], [3]], 'totals, so that nothing depends on the snapshot before');
});

await t.test('what is made is told of before its first step, so that the step is seen', async (t) => {
  const store = new SeriesStore();
  store.make('handshakeFailures');
  const { values } = store.makeHistogram('duration', 'a');
  t.strictSame([...store.snapshot().values], [0, ...values]);
});

await t.test('a series that is dropped is told of once, where anybody knew it', async (t) => {
  const store = new SeriesStore();
  const [known, unknown] = [store.make('retries', 'a'), store.make('retries', 'b')];
  store.drop([unknown]);
  store.snapshot();
  store.drop([known]);
  t.equal(store.size, 0);
  t.strictSame([store.snapshot().gone, store.snapshot().gone], [[0], []]);
});
