import t from 'tap';
import type { AdminServer } from '../../src/admin/admin-server.ts';
import { AdminKeeper } from '../../src/workers/admin-keeper.ts';

const HOST = '127.0.0.1';

/** A keeper of servers that only say what is done with them; a port of 1 cannot be opened. */
function keeper(descriptor: number | null = null): { readonly keeper: AdminKeeper; readonly log: string[] } {
  const log: string[] = [];
  const say = (text: string) => async (): Promise<void> => void log.push(text);
  return {
    log,
    keeper: new AdminKeeper(async (address, descriptor): Promise<AdminServer> => {
      if (address.port === 1 || address.host === '192.0.2.1') throw new Error('in use');
      log.push(`start ${address.port}${descriptor === null ? '' : ` on ${descriptor}`}`);
      return { address, descriptor: null, retire: say(`retire ${address.port}`), close: say(`close ${address.port}`) };
    }, descriptor),
  };
}

await t.test('a move starts the new server first, and lets the old one finish its answers', async (t) => {
  const { keeper: admin, log } = keeper();
  await admin.moveTo({ host: HOST, port: 2 });
  await admin.moveTo({ host: HOST, port: 2 });
  await admin.moveTo({ host: HOST, port: 3 });
  await admin.moveTo({ host: '::1', port: 3 });
  t.strictSame(log, ['start 2', 'start 3', 'retire 2', 'start 3', 'retire 3']);
  t.equal(admin.server?.address.host, '::1');
  await admin.close();
  t.equal(log.at(-1), 'close 3');
});

await t.test('a move that fails leaves the old server, and may be tried again', async (t) => {
  const { keeper: admin, log } = keeper();
  await admin.moveTo({ host: HOST, port: 2 });
  for (let i = 0; i < 2; i++) await t.rejects(admin.moveTo({ host: HOST, port: 1 }), { message: 'in use' });
  t.equal(admin.server?.address.port, 2);
  await admin.moveTo({ host: HOST, port: 2 });
  t.strictSame(log, ['start 2'], 'nothing to do');
});

await t.test('an address that covers the old one is opened after it, and where it cannot be the old one is back', async (t) => {
  const { keeper: admin, log } = keeper();
  await admin.moveTo({ host: HOST, port: 2 });
  await admin.moveTo({ host: '0.0.0.0', port: 2 });
  t.strictSame(log, ['start 2', 'retire 2', 'start 2']);
  await t.rejects(admin.moveTo({ host: '192.0.2.1', port: 2 }), { message: 'in use' });
  t.strictSame([log.slice(3), admin.server?.address.host], [['retire 2', 'start 2'], '0.0.0.0']);
});

await t.test('it can be turned off and on again', async (t) => {
  const { keeper: admin, log } = keeper();
  await admin.moveTo(null);
  await admin.moveTo({ host: HOST, port: 2 });
  await admin.moveTo(null);
  t.equal(admin.server, null);
  await admin.close();
  await admin.moveTo({ host: HOST, port: 2 });
  t.strictSame(log, ['start 2', 'retire 2', 'start 2']);
});

await t.test('a socket that was handed down is for the first server alone', async (t) => {
  const { keeper: admin, log } = keeper(7);
  await admin.moveTo({ host: HOST, port: 2 });
  await admin.moveTo({ host: HOST, port: 3 });
  t.strictSame(log, ['start 2 on 7', 'start 3', 'retire 2']);
});
