import t from 'tap';
import { listeningSockets } from '../../src/listen/socket-table.ts';

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';

await t.test('sockets that listen are found by their inode, on IPv4 and IPv6; others are left out', async (t) => {
  const four = `${HEAD}
   0: 0100007F:4A35 00000000:0000 0A 00000000:00000001 00:00000000 00000000     0        0 3924759 2 000000000780150a 100 0 0 10 0
   1: 0100007F:4A35 0100007F:A0DD 01 00000000:00000000 00:00000000 00000000     0        0 3924811 1 000000003474f49f 100 0 0 10 0
   2: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 77 1 000000003474f49f 100 0 0 10 0
`;
  t.strictSame(Object.fromEntries(listeningSockets(four)), { 3924759: { host: '127.0.0.1', port: 18_997 }, 77: { host: '0.0.0.0', port: 80 } });
  const six = `${HEAD}
   0: 00000000000000000000000001000000:4A35 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 3924762 1 0 100 0 0 10 0
   1: 00000000000000000000000000000000:01BB 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 9 1 0 100 0 0 10 0
   2: B80D0120000000000000000001000000:01BB 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 10 1 0 100 0 0 10 0
`;
  t.strictSame(Object.fromEntries(listeningSockets(six)), { 3924762: { host: '::1', port: 18_997 }, 9: { host: '::', port: 443 }, 10: { host: '2001:db8::1', port: 443 } });
});

await t.test('a table without sockets, or none at all, has none', async (t) => {
  t.equal(listeningSockets(HEAD).size + listeningSockets('').size, 0);
});
