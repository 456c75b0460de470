import t from 'tap';
import { refusalOf } from '../../../src/policy/forward-auth/refused.ts';

const body = Buffer.from('no');

await t.test('what a client needs of a no is passed on, and nothing of the connection or the service', async (t) => {
  const rawHeaders = ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'WWW-Authenticate', 'Basic', 'Connection', 'close', 'Transfer-Encoding', 'chunked', 'Content-Length', '99', 'Keep-Alive', 'x', 'Server', 'x', 'X-User', 'anna', 'content-type', 'text/html', 'Trailer', 'x', 'Upgrade', 'x'];
  t.strictSame(refusalOf({ status: 401, rawHeaders, body }), {
    status: 401, headers: ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'WWW-Authenticate', 'Basic', 'content-type', 'text/html', 'Cache-Control', 'no-store'], body,
  });
});

await t.test('a redirect has somewhere to go to, and what is said of caches stays', async (t) => {
  t.match(refusalOf({ status: 302, rawHeaders: ['Location', '/login', 'Cache-Control', 'private'], body }), { status: 302, headers: ['Location', '/login', 'Cache-Control', 'private'] });
  t.equal(refusalOf({ status: 302, rawHeaders: [], body }), null);
});

await t.test('everything else is no answer for clients', async (t) => {
  t.strictSame([100, 300, 304, 400, 404, 407, 429, 500, 503].filter((status) => refusalOf({ status, rawHeaders: ['Location', '/'], body }) !== null), []);
});
