import t from 'tap';
import { microTable } from './micro-table.ts';

await t.test('one table: a file stands once, a time has its unit, what is not known is left out', async (t) => {
  const text = microTable([
    { file: 'parser', rows: [
      { what: 'a head', medianNs: 9.94, lowNs: 9, highNs: 12.25, bytes: 0.4 },
      { what: 'a head in two reads', medianNs: 9999, lowNs: 9700.4, highNs: 10_400, bytes: 1536 },
    ] },
    { file: 'jwt', rows: [{ what: 'new', medianNs: 12_345, lowNs: 12_000, highNs: 13_000, bytes: 204_800 }], failure: 'ended with 1' },
    { file: 'metrics', rows: [{ what: 'answer', medianNs: 295e6, lowNs: 290e6, highNs: 301e6, bytes: null }] },
    { file: 'trace', rows: [], failure: 'ended by SIGTERM' },
  ]);
  t.equal(text, [
    'file     what                       a call  half of the samples  on the heap',
    'parser   a head                     9.9 ns       9.0 to 12.3 ns          0 B',
    '         a head in two reads       9999 ns     9700 to 10400 ns       1536 B',
    'jwt      new                         12 µs          12 to 13 µs      200 KiB',
    '         failed: ended with 1',
    'metrics  answer                     295 ms        290 to 301 ms',
    'trace    failed: ended by SIGTERM',
  ].join('\n'));
});
