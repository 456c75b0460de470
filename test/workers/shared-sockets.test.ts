import { closeSync, fstatSync, openSync } from 'node:fs';
import t from 'tap';
import type { ListenAddress } from '../../src/config/config.ts';
import { closeStrays, shareSockets } from '../../src/workers/shared-sockets.ts';
import { MemoryLogger } from '../admin/sample-services.ts';
import { configOf } from '../helpers/config-text.ts';

const { listen } = configOf('listen: { http: [80, "127.0.0.1:81"], https: "[2001:DB8::0]:443", admin: 9090 }\ntls: { certificates: [] }');
const socket = (descriptor: number, host: string, port: number): { descriptor: number; address: ListenAddress } => ({ descriptor, address: { host, port } });

await t.test('every socket goes to one worker, in turn, and each worker knows what only others have', async (t) => {
  const shared = shareSockets([socket(3, '::', 80), socket(4, '::', 80), socket(5, '::', 80), socket(6, '2001:db8::', 443), socket(7, '127.0.0.1', 9090)], listen, 2);
  t.strictSame(shared, {
    workers: [
      { own: { '[::]:80': [3, 5], '[2001:db8::0]:443': [6] }, others: [] },
      { own: { '[::]:80': [4] }, others: ['[2001:db8::0]:443'] },
    ],
    admin: 7,
    strays: [],
  });
});

await t.test('a socket that no listener names is a stray, and closed: clients would wait for nobody', async (t) => {
  const { strays, admin } = shareSockets([socket(3, '0.0.0.0', 80), socket(4, '::', 82), socket(5, '127.0.0.1', 9090), socket(6, '127.0.0.1', 9090)], listen, 1);
  t.strictSame([admin, strays.map(({ descriptor }) => descriptor)], [5, [3, 4, 6]]);
  const descriptor = openSync('/dev/null', 'r');
  const logger = new MemoryLogger();
  closeStrays([socket(descriptor, '::', 82)], logger);
  t.match(logger.entries, [{ level: 'warn', fields: { address: '[::]:82' } }]);
  t.throws(() => {
    fstatSync(descriptor);
    closeSync(descriptor);
  }, { code: 'EBADF' });
});

await t.test('a listener that is written by name has the sockets of its port', async (t) => {
  const named = configOf('listen: { http: "localhost:80", admin: "localhost:9090" }').listen;
  t.match(shareSockets([socket(3, '127.0.0.1', 80), socket(4, '::1', 80), socket(5, '127.0.0.1', 9090)], named, 1), { workers: [{ own: { 'localhost:80': [3, 4] } }], admin: 5, strays: [] });
});
