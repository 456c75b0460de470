import t from 'tap';
import { HEX_VALUE, IS_TEXT, IS_TOKEN, octetAt } from '../../src/upstream/octet.ts';

const OCTETS = Array.from({ length: 256 }, (_, octet) => String.fromCharCode(octet));

function marked(table: Readonly<Uint8Array>): string {
  return OCTETS.filter((_, octet) => table[octet] === 1).join('');
}

await t.test('a token is made of the octets of RFC 9110 §5.6.2 and no others', async (t) => {
  t.equal(marked(IS_TOKEN), OCTETS.filter((octet) => /[!#$%&'*+.^_`|~0-9A-Za-z-]/.test(octet)).join(''));
});

await t.test('a value holds no control but HTAB', async (t) => {
  t.equal(marked(IS_TEXT), OCTETS.filter((octet) => /[\t\x20-\x7e\x80-\xff]/.test(octet)).join(''));
});

await t.test('a hexadecimal digit has its value, in both cases, and nothing else has one', async (t) => {
  const expected = OCTETS.map((octet) => (/[0-9a-fA-F]/.test(octet) ? Number.parseInt(octet, 16) : 255));
  t.same([...HEX_VALUE], expected);
});

await t.test('an octet is read where it stands', async (t) => {
  t.equal(octetAt(Buffer.of(1, 2, 3), 1), 2);
});
