import { once } from 'node:events';
import { Socket } from 'node:net';
import t from 'tap';
import type { ListenLimits } from '../../src/config/config.ts';
import { createKeyCounts, KeyCounts } from '../../src/lib/key-counts.ts';
import { createSharedCells, SharedCells } from '../../src/lib/shared-cells.ts';
import { Admission } from '../../src/listen/admission.ts';
import { configOf } from '../helpers/config-text.ts';

const ALL = 'too many connections';
const ADDRESS = 'too many connections from this address';

function limits(connections: number, perAddress: number): ListenLimits {
  return configOf(`listen: { http: 80, limits: { connections: ${connections}, connectionsPerAddress: ${perAddress} } }`).listen.limits;
}

/** The admissions of two workers, which share their counts. */
function twoWorkers(of: ListenLimits, isExempt: (address: string) => boolean = () => false): [Admission, Admission] {
  const layout = createSharedCells(2, 1);
  const memory = createKeyCounts(2);
  const make = (worker: number): Admission =>
    new Admission(of, new SharedCells(layout, worker).counter({ connections: 0 }, 'connections'), new KeyCounts(memory, worker), isExempt);
  return [make(1), make(2)];
}

async function leave(socket: Socket): Promise<void> {
  const closed = once(socket, 'close');
  socket.destroy();
  await closed;
}

await t.test('the limit on all connections holds over workers, and a closed connection makes room in both', async (t) => {
  const [first, second] = twoWorkers(limits(2, 10));
  const socket = new Socket();
  t.equal(first.admit(socket, '192.0.2.1'), null);
  t.equal(second.admit(new Socket(), '192.0.2.2'), null);
  t.equal(first.admit(new Socket(), '192.0.2.3'), ALL);
  t.equal(second.admit(new Socket(), '192.0.2.3'), ALL);
  t.strictSame([first.open.size, second.open.size], [1, 1], 'a refused connection is not one of the open ones');
  await leave(socket);
  t.equal(first.open.size, 0);
  t.equal(second.admit(new Socket(), '192.0.2.3'), null);
  t.equal(first.admit(new Socket(), '192.0.2.4'), ALL);
});

await t.test('the limit per address holds over workers and touches nobody else', async (t) => {
  const [first, second] = twoWorkers(limits(4, 2));
  const socket = new Socket();
  t.equal(first.admit(socket, '192.0.2.1'), null);
  t.equal(second.admit(new Socket(), '192.0.2.1'), null);
  for (let i = 0; i < 10; i++) t.equal(first.admit(new Socket(), '192.0.2.1'), ADDRESS);
  t.equal(second.admit(new Socket(), '192.0.2.2'), null, 'what was refused does not count in all');
  await leave(socket);
  t.equal(second.admit(new Socket(), '192.0.2.1'), null);
});

await t.test('an IPv6 client cannot get more by changing its address within its /64', async (t) => {
  const [admission] = twoWorkers(limits(10, 2));
  const socket = new Socket();
  t.equal(admission.admit(socket, '2001:db8:0:1::1'), null);
  t.equal(admission.admit(new Socket(), '2001:db8:0:1:ffff::2'), null);
  t.equal(admission.admit(new Socket(), '2001:db8:0:1::3'), ADDRESS);
  t.equal(admission.admit(new Socket(), '2001:db8:0:2::1'), null, 'the next /64 is somebody else');
  await leave(socket);
  t.equal(admission.admit(new Socket(), '2001:db8:0:1::4'), null);
});

await t.test('a trusted proxy and a unix socket are bound by the limit on all alone', async (t) => {
  const [admission] = twoWorkers(limits(4, 1), (address) => address === '10.0.0.1');
  for (const address of ['10.0.0.1', '10.0.0.1', '', '']) t.equal(admission.admit(new Socket(), address), null, `"${address}"`);
  t.equal(admission.admit(new Socket(), '10.0.0.1'), ALL);
});

await t.test('a connection is given back to the count it was taken from, whoever is exempt by then', async (t) => {
  let exempt = false;
  const [admission] = twoWorkers(limits(10, 1), () => exempt);
  const socket = new Socket();
  t.equal(admission.admit(socket, '10.0.0.1'), null);
  exempt = true;
  const proxied = new Socket();
  t.equal(admission.admit(proxied, '10.0.0.1'), null);
  exempt = false;
  await leave(proxied);
  t.equal(admission.admit(new Socket(), '10.0.0.1'), ADDRESS, 'the first one still counts');
  await leave(socket);
  t.equal(admission.admit(new Socket(), '10.0.0.1'), null);
});

await t.test('other limits of a reload are in force at once', async (t) => {
  const [admission] = twoWorkers(limits(1, 1));
  t.equal(admission.admit(new Socket(), '192.0.2.1'), null);
  t.equal(admission.admit(new Socket(), '192.0.2.1'), ALL);
  admission.limits = limits(3, 2);
  t.equal(admission.admit(new Socket(), '192.0.2.1'), null);
  t.equal(admission.admit(new Socket(), '192.0.2.1'), ADDRESS);
});
