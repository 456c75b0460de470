import t from 'tap';
import { isResolved, membersOf } from '../../src/balance/member-drafts.ts';
import type { NameRecord } from '../../src/balance/name-lookup.ts';
import type { TargetConfig } from '../../src/config/upstream-config.ts';

const NAMED: TargetConfig = { name: 'api:8000', secure: false, host: 'api', port: 8000, path: null, srv: false, weight: 2, backup: false };
const SERVICE: TargetConfig = { ...NAMED, name: 'srv:_http._tcp.api', host: '_http._tcp.api', port: 0, srv: true, weight: 1 };

function service(address: string, weight: number, backup: boolean = false): NameRecord {
  return { address, host: 'a.api', service: { port: 9000, weight, backup } };
}

function weights(target: TargetConfig, ...given: readonly number[]): number[] {
  return membersOf(target, given.map((weight, i) => service(`10.0.0.${i}`, weight))).map((member) => member.target.weight);
}

await t.test('only names are resolved: no address, no unix socket, and not localhost', async (t) => {
  t.equal(isResolved(NAMED), true);
  t.equal(isResolved(SERVICE), true);
  t.equal(isResolved({ ...NAMED, host: '10.0.0.1' }), false);
  t.equal(isResolved({ ...NAMED, host: 'fd00::1' }), false);
  t.equal(isResolved({ ...NAMED, host: 'localhost' }), false);
  t.equal(isResolved({ ...NAMED, name: 'unix:/run/a', host: '', port: 0, path: '/run/a' }), false);
});

await t.test('what is not resolved is one member with the name of its target', async (t) => {
  const address = { ...NAMED, name: '10.0.0.1:80', host: '10.0.0.1', port: 80 };
  t.same(membersOf(address, []), [{ key: '10.0.0.1:80', target: address, address: '10.0.0.1', port: 80 }]);
  const socket = { ...NAMED, name: 'unix:/run/a', host: '', port: 0, path: '/run/a' };
  t.same(membersOf(socket, []), [{ key: 'unix:/run/a', target: socket, address: null, port: 0 }]);
  const local = { ...NAMED, name: 'localhost:80', host: 'localhost', port: 80 };
  t.same(membersOf(local, []), [{ key: 'localhost:80', target: local, address: 'localhost', port: 80 }]);
});

await t.test('a name is one member for each address, with port and weight of the target', async (t) => {
  const records = ['10.0.0.1', 'fd00::1'].map((address) => ({ address, host: 'api', service: null }));
  t.same(membersOf(NAMED, records), [
    { key: 'api:8000@10.0.0.1', target: NAMED, address: '10.0.0.1', port: 8000 },
    { key: 'api:8000@fd00::1', target: NAMED, address: 'fd00::1', port: 8000 },
  ]);
  t.same(membersOf(NAMED, []), []);
});

await t.test('SRV: host, port, weight and backup are those of the record', async (t) => {
  const [first, second] = membersOf(SERVICE, [service('10.0.0.1', 5), service('fd00::1', 0, true)]);
  t.match(first, {
    key: 'srv:_http._tcp.api@10.0.0.1:9000', address: '10.0.0.1', port: 9000,
    target: { name: 'srv:_http._tcp.api', host: 'a.api', port: 9000, weight: 5, backup: false },
  });
  t.match(second, { key: 'srv:_http._tcp.api@[fd00::1]:9000', target: { weight: 1, backup: true } });
});

await t.test('SRV: weights keep their proportions where they are beyond ours, and are times that of the target', async (t) => {
  t.same(weights(SERVICE, 65_535, 32_768, 0), [1000, 500, 1]);
  t.same(weights({ ...SERVICE, weight: 10 }, 5, 3), [50, 30]);
  t.same(weights({ ...SERVICE, weight: 1000 }, 5, 3), [1000, 600]);
});

await t.test('a backup target has only backups', async (t) => {
  t.same(membersOf({ ...SERVICE, backup: true }, [service('10.0.0.1', 1)]).map((member) => member.target.backup), [true]);
});
