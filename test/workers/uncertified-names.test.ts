import t from 'tap';
import { UncertifiedNames } from '../../src/workers/uncertified-names.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

function start(): { readonly clock: ManualClock; readonly names: UncertifiedNames; readonly told: (readonly string[])[] } {
  const clock = new ManualClock();
  const told: (readonly string[])[] = [];
  return { clock, told, names: new UncertifiedNames(clock, (batch) => void told.push(batch)) };
}

await t.test('names are told together, each once a minute', async (t) => {
  const { clock, names, told } = start();
  for (const name of ['a.test', 'b.test', 'a.test']) names.note(name);
  t.strictSame(told, []);
  clock.advance(200);
  t.strictSame(told, [['a.test', 'b.test']]);
  names.note('a.test');
  clock.advance(1000);
  t.equal(told.length, 1);
  t.equal(clock.tickers, 0, 'at rest');
  clock.advance(60_000);
  names.note('a.test');
  clock.advance(200);
  t.strictSame(told.at(-1), ['a.test']);
});

await t.test('threat: a flood of names is bounded, in number and in length', async (t) => {
  const { clock, names, told } = start();
  names.note('x'.repeat(254));
  for (let i = 0; i < 100_000; i++) names.note(`host-${i}.test`);
  clock.advance(10_000);
  t.equal(told.flat().length, 1000);
});

await t.test('closed, it tells nothing more', async (t) => {
  const { clock, names, told } = start();
  names.note('a.test');
  names.close();
  clock.advance(1000);
  t.strictSame([told, clock.tickers], [[], 0]);
});
