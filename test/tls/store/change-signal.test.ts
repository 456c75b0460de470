import t from 'tap';
import { ChangeSignal } from '../../../src/tls/store/change-signal.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { StoreLogger } from './conformance.ts';

await t.test('many hints are one call, soon, and later ones another', async (t) => {
  const clock = new ManualClock();
  let told = 0;
  const signal = new ChangeSignal(() => { told++; }, { clock, logger: new StoreLogger() });
  for (let hint = 0; hint < 10; hint++) {
    signal.hint();
    clock.advance(15);
  }
  t.equal(told, 0);
  clock.advance(50);
  t.equal(told, 1, 'a stream of hints does not put it off');
  clock.advance(60_000);
  t.equal(told, 1);
  t.equal(clock.tickers, 0, 'nothing runs while nothing happens');
  signal.hint();
  clock.advance(200);
  t.equal(told, 2);
});

await t.test('a closed signal says nothing any more', async (t) => {
  const clock = new ManualClock();
  const signal = new ChangeSignal(() => t.fail('told'), { clock, logger: new StoreLogger() });
  signal.hint();
  signal.close();
  signal.hint();
  clock.advance(60_000);
  t.equal(clock.tickers, 0);
});

await t.test('a listener that throws harms nobody and is told again', async (t) => {
  const [clock, logger] = [new ManualClock(), new StoreLogger()];
  const signal = new ChangeSignal(() => { throw new Error('listener'); }, { clock, logger });
  for (let turn = 0; turn < 2; turn++) {
    signal.hint();
    clock.advance(200);
  }
  t.equal(logger.lines.length, 2);
});
