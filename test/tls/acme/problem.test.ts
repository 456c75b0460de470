import t from 'tap';
import { AcmeError } from '../../../src/tls/acme/acme-types.ts';
import { asAcmeError, errorOf, problemText, problemType } from '../../../src/tls/acme/problem.ts';

const TYPE = 'urn:ietf:params:acme:error:';

function typeOf(status: number, data: unknown): string {
  return errorOf('ca', { status, headers: {}, data }, 0).type;
}

await t.test('a problem is told with the CA\'s words, on one line, and not without end', async (t) => {
  t.equal(problemText({ type: `${TYPE}dns`, detail: 'no\n  such\tname' }), 'no such name');
  t.equal(problemText({ type: `${TYPE}dns` }), 'dns', 'its type where it has no words');
  t.equal(problemText(null), 'no reason given');
  t.equal(problemText({ detail: 'x'.repeat(9000) }).length, 500);
  const subproblems = Array.from({ length: 100 }, (_, index) => ({ detail: 'no', identifier: { type: 'dns', value: `h${index}.test` } }));
  t.match(problemText({ detail: 'several', subproblems }), /^several; h0\.test: no; .*h19\.test: no$/);
});

await t.test('types are those of ACME, or what the status says', async (t) => {
  t.equal(problemType({ type: `${TYPE}caa` }), 'caa');
  t.equal(problemType({ type: 'about:blank' }), '');
  t.equal(typeOf(400, { type: `${TYPE}caa`, detail: 'no' }), 'caa');
  t.equal(typeOf(429, '<html>'), 'rateLimited');
  t.equal(typeOf(503, '<html>'), 'serverInternal');
  t.equal(typeOf(404, '<html>'), '');
});

await t.test('a page of HTML is not quoted', async (t) => {
  t.equal(errorOf('ca', { status: 502, headers: {}, data: '<html>oh no' }, 0).message, 'ca: it answered with status 502, which was not expected');
});

await t.test('what failed on the way is a network error with its cause; an AcmeError stays itself', async (t) => {
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  t.match(asAcmeError('ca', refused), { type: 'network', message: 'ca: connect ECONNREFUSED', cause: refused, retryAfterMs: null });
  t.match(asAcmeError('ca', Object.assign(new Error(''), { code: 'ETIMEDOUT' })), { type: 'network', message: 'ca: ETIMEDOUT' });
  t.match(asAcmeError('ca', new Error('odd')), { type: '', message: 'ca: odd' });
  t.match(asAcmeError('ca', Object.assign(new Error('bad key'), { code: 'ERR_OSSL_UNSUPPORTED' })), { type: '' }, 'not of the network');
  t.match(asAcmeError('ca', 'odd'), { type: '', message: 'ca: failed without a reason' });
  const known = new AcmeError('known', 'dns', 1);
  t.equal(asAcmeError('ca', known), known);
});
