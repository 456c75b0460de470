import t from 'tap';
import { endToEndHeaders } from '../../src/respond/response-headers.ts';

await t.test('what the upstream says to us is not for the client, in any case', async (t) => {
  for (const name of ['Connection', 'KEEP-ALIVE', 'proxy-connection', 'Proxy-Authenticate', 'TE', 'Transfer-Encoding', 'upgrade', 'HTTP2-Settings']) {
    t.strictSame(endToEndHeaders(['A', '1', name, 'x', 'B', '2'], [], true), ['A', '1', 'B', '2'], name);
  }
});

await t.test('what its Connection names goes too, every time it comes', async (t) => {
  t.strictSame(endToEndHeaders(['X-Hop', '1', 'A', '1', 'x-hop', '2'], ['x-hop'], true), ['A', '1']);
});

await t.test('the rest stays: order, case, repetition, bytes; and where all stays, so does the array', async (t) => {
  const raw = ['Set-Cookie', 'a', 'X-B', '\xe9', 'set-cookie', 'b', 'Content-Length', '5', 'Date', 'x', 'Server', 'y'];
  t.equal(endToEndHeaders(raw, [], true), raw);
  t.strictSame(endToEndHeaders([...raw, 'Connection', 'close'], [], true), raw);
  t.strictSame(endToEndHeaders([], [], false), []);
});

await t.test('trailers are announced only where they can follow', async (t) => {
  const raw = ['Trailer', 'X-Sum', 'A', '1'];
  t.equal(endToEndHeaders(raw, [], true), raw);
  t.strictSame(endToEndHeaders(raw, [], false), ['A', '1']);
});

await t.test('Content-Disposition comes first, so that Node leaves its bytes alone', async (t) => {
  t.strictSame(endToEndHeaders(['Content-Length', '1', 'content-disposition', 'x="\xe9"', 'A', '1'], [], false), ['content-disposition', 'x="\xe9"', 'Content-Length', '1', 'A', '1']);
});

await t.test('a flood of made-up names changes no verdict', async (t) => {
  const flood = Array.from({ length: 5000 }, (_, i) => [`X-${i}`, '1']).flat();
  t.equal(endToEndHeaders(flood, [], false), flood);
  t.strictSame(endToEndHeaders(['cOnNeCtIoN', 'x', 'A', '1'], [], false), ['A', '1']);
});
