import t from 'tap';
import { microRows, microTable } from './micro-table.ts';

await t.test('every line with a time is a row, every other a remark', async (t) => {
  const rows = [
    ...microRows('balancer', 'among 3, 10 members\nround-robin, new list      0.01, 0.02 ms\nhash: address        8, 9 ns\n'),
    ...microRows('parser', '8 headers, 100-byte body: 850 ns (1400 seen)\ngzip: 9 bytes become 4\n  gzip, at once:   46 µs of the processor\n'),
  ];
  t.equal(microTable(rows), [
    'balancer  round-robin, new list     0.01, 0.02 ms',
    '          hash: address                   8, 9 ns',
    'parser    8 headers, 100-byte body         850 ns',
    '          gzip, at once                     46 µs',
  ].join('\n'));
  t.equal(microTable([{ file: 'jwt', what: 'failed: it ended', time: '' }]), 'jwt  failed: it ended');
});
