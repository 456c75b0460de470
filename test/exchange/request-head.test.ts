import t from 'tap';
import { RequestHead } from '../../src/exchange/request-head.ts';

function codeOf(headers: readonly string[], minorVersion = 1): string {
  try {
    new RequestHead(headers).check(minorVersion);
    return 'fine';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

await t.test('one pass finds what decides the path of a request', async (t) => {
  const head = new RequestHead([
    'Host', 'a.test:80', 'X-FORWARDED-FOR', '192.0.2.1', 'x-forwarded-for', '192.0.2.2', 'Connection', 'Keep-Alive', 'connection', 'Upgrade',
    'Upgrade', 'WebSocket', 'Content-Length', '12', 'Via', '1.1 a', 'Via', '1.1 b', 'Accept', 'text/html', 'Accept', '*/*', 'TE', 'Trailers',
    'X-Forwarded-Proto', 'https', 'Forwarded', 'for=a', 'Forwarded', 'for=b', 'X-Request-Id', 'x', 'User-Agent', 'curl', 'Referer', '/', 'X-Real-IP', '1.2.3.4',
  ]);
  t.match(head, {
    host: 'a.test:80', hostCount: 1, forwardedFor: '192.0.2.1, 192.0.2.2', connection: 'keep-alive, upgrade', upgrade: 'websocket', contentLength: 12,
    via: '1.1 a, 1.1 b', accept: 'text/html, */*', te: 'trailers', forwardedProto: 'https', forwarded: 'for=a, for=b', requestId: 'x', userAgent: 'curl', referer: '/',
  });
  t.doesNotThrow(() => head.check(1));
});

await t.test('an empty head is a head', async (t) => {
  t.match(new RequestHead([]), { host: '', hostCount: 0, contentLength: -1, announcesBody: false });
  t.equal(codeOf([]), 'fine');
});

await t.test('a length that leaves doubt is refused', async (t) => {
  for (const value of ['', ' ', '+1', '-1', '1.0', '1e3', '0x10', '1 2', '1,1', '12345678901234567', '9007199254740993']) {
    t.equal(codeOf(['Content-Length', value]), 'bad_request', JSON.stringify(value));
    t.equal(new RequestHead(['Content-Length', value]).announcesBody, true, 'and what follows it is taken for a body');
  }
  for (const value of ['0', '00', '7', '9007199254740991']) t.equal(codeOf(['Content-Length', value]), 'fine', value);
  for (const [first, second] of [['1', '1'], ['1', '2'], ['x', '1'], ['1', 'x']] as const) {
    t.equal(codeOf(['Content-Length', first, 'content-length', second]), 'bad_request', `${first} and ${second}`);
  }
});

await t.test('a coding other than chunked, or beside a length, or in HTTP/1.0, is refused', async (t) => {
  t.equal(codeOf(['Transfer-Encoding', 'Chunked']), 'fine');
  for (const value of ['gzip, chunked', 'chunked, chunked', 'xchunked', 'identity', 'chunked;x=1', 'chunked,']) t.equal(codeOf(['Transfer-Encoding', value]), 'bad_request', value);
  t.equal(codeOf(['Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked']), 'bad_request');
  t.equal(codeOf(['Transfer-Encoding', 'chunked', 'Content-Length', '0']), 'bad_request');
  t.equal(codeOf(['Transfer-Encoding', 'chunked'], 0), 'bad_request');
});

await t.test('an empty coding is not taken for none', async (t) => {
  t.equal(codeOf(['Transfer-Encoding', '']), 'bad_request');
  t.equal(codeOf(['Transfer-Encoding', '', 'Content-Length', '5']), 'bad_request');
});

await t.test('two hosts or two credentials are refused', async (t) => {
  t.equal(codeOf(['Host', 'a', 'host', 'a']), 'bad_host');
  t.equal(codeOf(['Authorization', 'Basic a', 'authorization', 'Bearer b']), 'bad_request');
  t.equal(codeOf(['Host', 'a', 'Authorization', 'Basic a']), 'fine');
});

await t.test('only 100-continue can be expected', async (t) => {
  for (const value of ['100-continue', '100-Continue']) t.equal(codeOf(['Expect', value]), 'fine', value);
  for (const value of ['200-ok', '100-continue, 100-continue', '100-continue;x']) t.equal(codeOf(['Expect', value]), 'expectation_failed', value);
});
