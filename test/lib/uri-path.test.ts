import * as fc from 'fast-check';
import t from 'tap';
import { normaliseUriPath, UriPathError } from '../../src/lib/uri-path.ts';

await t.test('a path that is canonical stays as it is', async (t) => {
  const paths = ['/', '/api', '/api/', '/a/b.c/d..e/...', "/-._~!$&'()*+,;=:@", '/.well-known/acme', '/a.b;v=1/c', '/caf%C3%A9', '/a%20b', '/100%25', '/a%3Bb%2B%26%3D', '/%25zz', '/a..'];
  for (const path of paths) t.equal(normaliseUriPath(path), path);
});

await t.test('one spelling is chosen where several mean the same', async (t) => {
  const cases: readonly (readonly [raw: string, canonical: string])[] = [
    ['/%7euser/%41%2D', '/~user/A-'],
    ['/caf%c3%a9', '/caf%C3%A9'],
    ['/v1/jobs%3astop', '/v1/jobs:stop'],
    ['/%40me%21', '/@me!'],
    ['/a%3bb%2b', '/a%3Bb%2B'],
    ['/a"<>[]^`{|}', '/a%22%3C%3E%5B%5D%5E%60%7B%7C%7D'],
    ['//', '/'],
    ['/a//b///', '/a/b/'],
    ['/./a/./b/.', '/a/b/'],
    ['/a/b/../c', '/a/c'],
    ['/a/b/..', '/a/'],
    ['/a/..', '/'],
    ['/a/%2e%2E/b', '/b'],
    ['/a/.%2e/b', '/b'],
    ['/a//../b', '/b'],
    ['//evil.example/x', '/evil.example/x'],
    ['/api/../api../x', '/api../x'],
  ];
  for (const [raw, canonical] of cases) t.equal(normaliseUriPath(raw), canonical, raw);
});

await t.test('case is kept', async (t) => {
  t.equal(normaliseUriPath('/Admin/%41dmin'), '/Admin/Admin');
});

await t.test('what two readers would not read alike is refused', async (t) => {
  const cases: readonly (readonly [raw: string, reason: RegExp])[] = [
    ['', /slash/], ['a', /slash/], ['*', /slash/], ['%2fa', /slash/],
    ['/a%', /percent/], ['/a%4', /percent/], ['/a%4g', /percent/], ['/a%-1', /percent/], ['/%%32e', /percent/], ['/%é0', /percent/],
    ['/a%00', /%00/], ['/a%0d%0a', /%0D/], ['/a%1f', /%1F/], ['/a%7f', /%7F/],
    ['/a%2fb', /%2F/], ['/a%2Fb', /%2F/], ['/a%5cb', /%5C/], ['/a%5Cb', /%5C/],
    ['/a\\b', /0x5c/], ['/..\\..\\a', /0x5c/],
    ['/a b', /0x20/], ['/a\tb', /0x9/], ['/a\u0000', /0x0/], ['/a\u007f', /0x7f/], ['/a#b', /0x23/], ['/a?b', /0x3f/], ['/é', /0xe9/], ['/\u{1F600}', /0xd83d/],
    ['/%252e%252e/a', /again/], ['/%252f', /again/], ['/%255C', /again/], ['/%2500', /again/], ['/%250a', /again/],
    ['/%25252f', /again/], ['/%25%32%65', /again/], ['/%25%2525252e', /again/],
    ['/..', /above/], ['/../a', /above/], ['/a/../../b', /above/], ['/%2e%2e', /above/], ['//..', /above/], ['/a/%2e%2e/..', /above/],
    ['/..;/a', /parameters/], ['/a/..;x=1/b', /parameters/], ['/.;/a', /parameters/], ['/;/a', /parameters/], ['/a/;x', /parameters/],
    ['/%2e%2e;/a', /parameters/], ['/..%3b/a', /parameters/], ['/.%3B', /parameters/],
    ['/%ff', /UTF-8/], ['/%c3', /UTF-8/], ['/%c3a', /UTF-8/], ['/%c0%ae%c0%ae/', /UTF-8/], ['/%c0%af', /UTF-8/], ['/%ed%a0%80', /UTF-8/], ['/%f4%90%80%80', /UTF-8/],
  ];
  for (const [raw, message] of cases) t.throws(() => normaliseUriPath(raw), { name: 'UriPathError', message }, JSON.stringify(raw));
});

/** Made of the pieces that attacks are made of, so that their combinations come up. */
const hostilePath = fc
  .array(fc.constantFrom('/', '/', '.', '..', '%2e', '%2E', '%', '25', '%25', '2f', '2e', '%2f', '%5c', '\\', ';', '%3b', 'a', 'B', '%41', '%c3%a9', '%C3', '{', '%7b', ':', '%3A', '%32', ' '), { maxLength: 14 })
  .map((pieces) => `/${pieces.join('')}`);

function tryNormalise(raw: string): string | null {
  try {
    return normaliseUriPath(raw);
  } catch (error) {
    if (error instanceof UriPathError) return null;
    throw error;
  }
}

await t.test('property: the outcome is its own canonical form and has no structure left to resolve', async (t) => {
  let accepted = 0;
  fc.assert(
    fc.property(fc.oneof(hostilePath, fc.string({ unit: 'binary' }).map((text) => `/${text}`), fc.webPath()), (raw) => {
      const path = tryNormalise(raw);
      if (path === null) return true;
      accepted += 1;
      return normaliseUriPath(path) === path && !/\/\/|\/\.{1,2}(?:[/;]|$)|\\|%(?:2F|5C|00|2E)/i.test(path) && path.startsWith('/');
    }),
    { numRuns: 5000 },
  );
  t.ok(accepted > 500, `the generator makes paths that are accepted: ${accepted}`);
});

await t.test('property: an upstream that decodes the path again finds no way up', async (t) => {
  fc.assert(
    fc.property(hostilePath, (raw) => {
      const path = tryNormalise(raw);
      if (path === null) return true;
      let decoded = path;
      for (let i = 0; i < 3; i += 1) decoded = decoded.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
      return !decoded.split('/').includes('..') && decoded.split('/').length === path.split('/').length;
    }),
    { numRuns: 5000 },
  );
  t.pass('three times');
});

await t.test('property: escaping what need not be escaped changes nothing', async (t) => {
  const segment = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_~!:@'.split('')), minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 5 }), (segments) => {
      const escaped = segments.map((text) => Array.from(text, (character) => `%${character.charCodeAt(0).toString(16)}`).join(''));
      return normaliseUriPath(`/${escaped.join('//')}`) === `/${segments.join('/')}`;
    }),
    { numRuns: 500 },
  );
  t.pass('for unreserved characters and those no reader takes for a delimiter');
});
