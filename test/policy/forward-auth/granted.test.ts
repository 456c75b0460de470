import t from 'tap';
import { grantOf } from '../../../src/policy/forward-auth/granted.ts';

const OPTIONS = { forward: ['X-User', 'X-Email', 'X-Empty'], user: 'x-user', roles: 'x-groups' };

await t.test('who it is and what the upstream is told, from the headers of a yes', async (t) => {
  const rawHeaders = ['x-user', Buffer.from('José').toString('latin1'), 'X-Groups', 'a, b,,c', 'X-Groups', 'd', 'X-Empty', '', 'X-Secret', '1'];
  t.strictSame(grantOf({ status: 200, rawHeaders, body: Buffer.alloc(0) }, OPTIONS), {
    identity: { kind: 'forwardAuth', name: 'José', roles: ['a', 'b', 'c', 'd'], claims: {} },
    told: [['X-User', 'José']],
  });
});

await t.test('nothing said is nobody in particular', async (t) => {
  t.match(grantOf({ status: 204, rawHeaders: ['X-User', 'anna'], body: Buffer.alloc(0) }, { forward: [], user: null, roles: null }), { identity: { name: '', roles: [] }, told: [] });
  t.equal(grantOf({ status: 200, rawHeaders: ['X-User', '\xe9'], body: Buffer.alloc(0) }, OPTIONS).identity.name, '\xe9', 'Latin-1 stays');
});
