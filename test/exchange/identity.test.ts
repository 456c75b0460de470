import t from 'tap';
import { requireRole, type Identity } from '../../src/exchange/identity.ts';

const ANNA: Identity = { kind: 'jwt', name: 'anna', roles: ['editor', 'reader'], claims: {} };

const exchange: { identity: Identity | null } = { identity: null };

await t.test('any of the roles is enough, and none needed is enough for all', async (t) => {
  t.doesNotThrow(() => requireRole(exchange, ANNA, ['admin', 'reader']));
  t.doesNotThrow(() => requireRole(exchange, { ...ANNA, roles: [] }, []));
  t.equal(exchange.identity, null);
});

await t.test('without one it is 403, and only a bearer is told of scopes (RFC 6750 §3.1)', async (t) => {
  t.throws(() => requireRole(exchange, ANNA, ['admin']), { code: 'insufficient_permissions', headers: ['WWW-Authenticate', 'Bearer error="insufficient_scope"'] });
  t.equal(exchange.identity, ANNA, 'the log can say who it was');
  t.throws(() => requireRole(exchange, { ...ANNA, kind: 'apiKey' }, ['admin']), { code: 'insufficient_permissions', headers: [] });
});
