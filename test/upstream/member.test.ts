import t from 'tap';
import { parseTarget } from '../../src/config/target.ts';
import { Deadlines } from '../../src/lib/deadlines.ts';
import { Slots } from '../../src/lib/slots.ts';
import { Member } from '../../src/upstream/member.ts';
import { ConnectionPool } from '../../src/upstream/pool.ts';
import { someSlotMemory } from '../helpers/literal-roster.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

function memberOf(text: string): Member {
  const target = parseTarget(text);
  const to = { address: target.path === null ? '192.0.2.1' : null, port: target.port, path: target.path, secure: target.secure, host: target.host };
  const deadlines = new Deadlines(new ManualClock(), () => undefined);
  const pool = new ConnectionPool(to, { verify: true, ca: null, serverName: null }, { connectionsMax: 1, idleMs: 1, lifetimeMs: 1 }, deadlines);
  return new Member(`${text} 192.0.2.1`, { ...target, weight: 7, backup: true }, pool, new Slots(someSlotMemory(), 1).slot(3));
}

await t.test('its own Host is the name of its target, not its address, and has the port only where that is not the usual one', async (t) => {
  const hosts = [
    ['api:8000', 'api:8000'], ['api:80', 'api'], ['https://api:443', 'api'], ['https://api', 'api'], ['https://api:80', 'api:80'], ['api:443', 'api:443'],
    ['[::1]:8080', '[::1]:8080'], ['[::1]:80', '[::1]'], ['unix:/run/a.sock', 'localhost'], ['srv:_http._tcp.api.test', '_http._tcp.api.test'],
  ] as const;
  for (const [text, host] of hosts) t.equal(memberOf(text).host, host, text);
});

await t.test('weight and backup are those of its target', async (t) => {
  t.match(memberOf('api:8000'), { weight: 7, isBackup: true, key: 'api:8000 192.0.2.1' });
});
