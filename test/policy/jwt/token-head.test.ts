import t from 'tap';
import { checkPayload, readTokenHead, TOKEN_CHARS_MAX } from '../../../src/policy/jwt/token-head.ts';
import { CLAIMS, encoded, signWithSecret } from '../../helpers/token-issuer.ts';

const SIGNATURE = Buffer.alloc(32, 7).toString('base64url');

function withHeader(header: unknown): string {
  return `${encoded(header)}.${encoded(CLAIMS)}.${SIGNATURE}`;
}

function refused(token: string, reason: RegExp): void {
  t.throws(() => readTokenHead(token), { name: 'TokenFault', message: reason, problem: 'the token is not valid' }, token.slice(0, 80));
}

await t.test('algorithm and name of the key are read, and nothing else', async (t) => {
  t.strictSame(readTokenHead(await signWithSecret(CLAIMS, { kid: 'k1', typ: 'JWT' })), { alg: 'HS256', kid: 'k1' });
  t.strictSame(readTokenHead(withHeader({ alg: 'RS256', jku: 'https://evil.test/', x5u: 'https://evil.test/', x5c: ['AAAA'], jwk: { kty: 'RSA' } })), { alg: 'RS256', kid: null });
  t.strictSame(readTokenHead(withHeader({ alg: 'x', kid: '' })), { alg: 'x', kid: '' });
  t.strictSame(readTokenHead(withHeader({ alg: 'x', kid: '../../dev/null' })), { alg: 'x', kid: '../../dev/null' });
});

await t.test('threat: what is no signed token is refused before anything is computed', async () => {
  for (const token of ['', '.', '..', 'a.b', 'a.b.c.d', 'a.b.c.d.e']) refused(token, /three parts|header/);
  refused(`${encoded({ alg: 'none' })}.${encoded(CLAIMS)}.`, /not signed/);
  refused(`${encoded({ alg: 'HS256' })}..${SIGNATURE}`, /three parts/);
  refused(`${encoded('{"alg":')}.e30.${SIGNATURE}`, /header is no JSON object/);
  for (const header of ['[]', 'null', '"HS256"', '5']) refused(withHeader(header), /header is no JSON object/);
  refused(withHeader({}), /no `alg`/);
  refused(withHeader({ alg: ['HS256'] }), /no `alg`/);
  for (const kid of [5, null, ['a'], {}, 'k'.repeat(513)]) refused(withHeader({ alg: 'HS256', kid }), /`kid` is not a text/);
});

await t.test('threat: extensions that must be understood are not, so the token is refused', async () => {
  for (const crit of [['exp'], ['b64'], [], null, 0, false, '', ['http://example.com/ext']]) refused(withHeader({ alg: 'HS256', crit, b64: crit === null ? undefined : true }), /crit/);
  refused(withHeader({ alg: 'HS256', b64: false }), /b64/);
});

await t.test('threat: a huge token is refused', async (t) => {
  const token = `${encoded({ alg: 'HS256' })}.${'a'.repeat(TOKEN_CHARS_MAX)}.${SIGNATURE}`;
  refused(token, /more than 16384 characters/);
  t.ok(readTokenHead(`${encoded({ alg: 'HS256' })}.${'a'.repeat(TOKEN_CHARS_MAX - 100)}.${SIGNATURE}`));
});

function withPayload(text: string): string {
  return `e30.${encoded(text)}.${SIGNATURE}`;
}

await t.test('threat: deep nesting and double members are refused, in the header as in the payload', async (t) => {
  refused(withHeader(`{"alg":"HS256","x":${'['.repeat(5000)}${']'.repeat(5000)}}`), /deeper than 32/);
  refused(withHeader('{"alg":"none","alg":"HS256"}'), /twice/);
  refused(withHeader('{"alg":"HS256","al\\u0067":"none"}'), /twice/);
  t.throws(() => checkPayload(withPayload('{"sub":"a","sub":"admin"}')), { message: 'the payload can be read in two ways: it has a member twice' });
  t.throws(() => checkPayload(withPayload(`{"a":${'{"a":'.repeat(40)}1${'}'.repeat(41)}`)), /deeper/);
  t.throws(() => checkPayload(`e30.${Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]).toString('base64url')}.x`), /not UTF-8/);
  t.doesNotThrow(() => checkPayload(withPayload('{"a":{"a":1},"b":["a"]}')));
});

await t.test('threat: one token cannot be written in several ways', async () => {
  const token = await signWithSecret();
  const [header = '', payload = '', signature = ''] = token.split('.');
  // The last character of 32 bytes in base64url has two bits that count for nothing.
  const other = `${signature.slice(0, -1)}${String.fromCharCode(signature.charCodeAt(42) + 1)}`;
  for (const twin of [other, `${signature}=`, ` ${signature}`, `${signature}\t`]) refused(`${header}.${payload}.${twin}`, /signature is not base64url/);
  refused(`${header}=.${payload}.${signature}`, /header is not base64url/);
  refused(`${header.replace(/^./, '+')}.${payload}.${signature}`, /header is not base64url/);
});

await t.test('threat: a JWT for another purpose does not open a door', async (t) => {
  for (const typ of ['dpop+jwt', 'logout+jwt', 'application/secevent+jwt', 'DPoP+JWT']) refused(withHeader({ alg: 'ES256', typ }), /type that is not for access/);
  for (const typ of ['JWT', 'jwt', 'at+jwt', 'application/at+jwt', 'AT+JWT', undefined]) t.ok(readTokenHead(withHeader({ alg: 'ES256', typ })), String(typ));
});
