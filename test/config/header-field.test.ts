import t from 'tap';
import { checkAnswerHeaderName, checkHeaderValue, checkMatchedHeaderName, checkMethod, checkSentHeaderName } from '../../src/config/header-field.ts';

await t.test('an answer cannot set what belongs to the connection or the framing', async (t) => {
  for (const name of ['Connection', 'keep-alive', 'Proxy-Connection', 'TE', 'Trailer', 'Transfer-Encoding', 'Upgrade', 'content-length', 'HTTP2-Settings']) {
    t.throws(() => checkAnswerHeaderName(name), { name: 'RangeError', message: /set by the gateway itself/ }, name);
  }
  t.doesNotThrow(() => checkAnswerHeaderName('X-Frame-Options'));
});

await t.test('a name is a token', async (t) => {
  for (const name of ['', 'a b', 'a:b', 'a\r\nb', 'ä']) t.throws(() => checkAnswerHeaderName(name), /not a header name/, JSON.stringify(name));
  t.throws(() => checkMatchedHeaderName('HOST'), /option `host`/);
  t.throws(() => checkSentHeaderName('Host'), /option `host`/);
  t.throws(() => checkSentHeaderName('Transfer-Encoding'), /set by the gateway itself/);
  t.doesNotThrow(() => checkSentHeaderName('Authorization'));
});

await t.test('a value cannot end its field', async (t) => {
  for (const value of ['a\rb', 'a\nb', 'a\0b', 'a\u0001b', '→']) t.throws(() => checkHeaderValue(value), { name: 'RangeError' }, JSON.stringify(value));
  for (const value of ['', 'a\tb', 'naïve', '"q"; a=1']) t.doesNotThrow(() => checkHeaderValue(value), value);
});

await t.test('a method is one that can be routed', async (t) => {
  t.doesNotThrow(() => checkMethod('PATCH'));
  t.throws(() => checkMethod('post'), /did you mean `POST`/);
  t.throws(() => checkMethod('FROBNICATE'), /GET, POST/);
  for (const method of ['CONNECT', 'TRACE', 'trace']) t.throws(() => checkMethod(method), /always refused/, method);
});
