import t from 'tap';
import { askedRequest, listenerFor, wireText } from '../../src/cli/asked-request.ts';
import { configOf } from '../helpers/config-text.ts';

function wire(words: string, ...headers: string[]): string {
  return wireText(askedRequest(words.split(' '), headers, null)).replaceAll('\r\n', '|');
}

await t.test('a request is what a client would send of it', async (t) => {
  t.strictSame([
    wire('http://a.test'), wire('get HTTP://A.test:80/x?y#part'), wire('https://a.test:8443?q'), wire('frob http://[::1]:81/%2e/../x'),
    wire('http://bücher.test/ü'), wire('http://a.test/', 'host: b.test', 'X-A:1', 'X-B: ü'),
  ], [
    'GET / HTTP/1.1|Host: a.test||', 'GET /x?y HTTP/1.1|Host: A.test||', 'GET /?q HTTP/1.1|Host: a.test:8443||', 'frob /%2e/../x HTTP/1.1|Host: [::1]:81||',
    'GET /%C3%BC HTTP/1.1|Host: xn--bcher-kva.test||', 'GET / HTTP/1.1|host: b.test|X-A: 1|X-B: Ã¼||',
  ]);
  t.match(askedRequest(['https://a.test/'], [], '2001:DB8:0::1'), { scheme: 'https', host: 'a.test', port: 443, client: '2001:db8::1' });
});

await t.test('what is no request is told what would be right, and no secret is repeated', async (t) => {
  const cases: readonly (readonly [words: string[], headers: string[], client: string | null, says: RegExp])[] = [
    [[], [], null, /a URL is missing/],
    [['a.test/x'], [], null, /is not a URL: write it in full/],
    [['ftp://a.test/'], [], null, /is not a URL/],
    [['http:///x'], [], null, /is not a host/],
    [['http://user:pw@a.test/'], [], null, /is not a host/],
    [['http://a.test/a b'], [], null, /no blanks/],
    [['G T', 'http://a.test/'], [], null, /is not a method/],
    [['http://a.test/'], ['no colon s3cret'], null, /`-H` is not a header/],
    [['http://a.test/'], ['X-A: s3cret\r\nX-B: 2'], null, /`X-A` is not a header: write -H 'Name: value'$/],
    [['http://a.test/'], [], 'localhost', /is not the address of a client/],
  ];
  for (const [words, headers, client, says] of cases) t.throws(() => askedRequest(words, headers, client), { name: 'RangeError', message: says }, JSON.stringify(words));
});

await t.test('the listener of the port, else the first of the scheme', async (t) => {
  const { listen } = configOf('listen: { http: [80, "127.0.0.1:8080"], https: 8443 }');
  const found = (url: string): unknown => {
    const listener = listenerFor(askedRequest([url], [], null), listen);
    return listener === null ? null : [listener.kind, listener.address.port, listener.index, listener.isExact];
  };
  t.strictSame([found('http://a/'), found('http://a:8080/'), found('https://a/'), found('https://a:8443/')], [['http', 80, 0, true], ['http', 8080, 1, true], ['https', 8443, 0, false], ['https', 8443, 0, true]]);
  t.equal(listenerFor(askedRequest(['https://a/'], [], null), { ...listen, https: [] }), null);
});
