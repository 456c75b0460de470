import t from 'tap';
import { cleanTracestate, parseTraceparent, RANDOM, SAMPLED } from '../../../src/observe/traces/trace-context.ts';

const ID = '12345678901234567890123456789012';
const SPAN = '1234567890123456';

await t.test('a traceparent is read as it is written', async (t) => {
  t.strictSame(parseTraceparent(`00-${ID}-${SPAN}-01`), { traceId: ID, spanId: SPAN, flags: SAMPLED });
  t.strictSame(parseTraceparent(`00-${ID}-${SPAN}-00`), { traceId: ID, spanId: SPAN, flags: 0 });
  t.equal(parseTraceparent(`00-${ID}-${SPAN}-03`)?.flags, SAMPLED | RANDOM);
  for (let flags = 0; flags < 256; flags += 1) {
    const text = `00-${ID}-${SPAN}-${flags.toString(16).padStart(2, '0')}`;
    if (parseTraceparent(text)?.flags !== (flags & 3)) t.fail(`${text}: bits that mean nothing today are left out`);
  }
});

await t.test('of a version to come as much is read as is known', async (t) => {
  for (const rest of ['01', '01-what-the-future-will-be-like', 'ff']) {
    t.strictSame(parseTraceparent(`cc-${ID}-${SPAN}-${rest}`), { traceId: ID, spanId: SPAN, flags: SAMPLED }, rest);
  }
  t.equal(parseTraceparent(`cc-${ID}-${SPAN}-01.what-the-future-will-be-like`), null);
});

/** The cases of test/test.py of github.com/w3c/trace-context in which a new trace has to begin. */
await t.test('whatever is not valid begins a new trace', async (t) => {
  const wrong = {
    'empty': '',
    'version 00 with something behind': `00-${ID}-${SPAN}-01.`,
    'version 00 with more fields': `00-${ID}-${SPAN}-01-what-the-future-will-be-like`,
    'version ff': `ff-${ID}-${SPAN}-01`,
    'version not hexadecimal': `.0-${ID}-${SPAN}-01`,
    'version not hexadecimal either': `0.-${ID}-${SPAN}-01`,
    'version too long': `000-${ID}-${SPAN}-01`,
    'version far too long': `0000-${ID}-${SPAN}-01`,
    'version too short': `0-${ID}-${SPAN}-01`,
    'trace id of zeros': `00-${'0'.repeat(32)}-${SPAN}-01`,
    'trace id not hexadecimal': `00-.${ID.slice(1)}-${SPAN}-01`,
    'trace id not hexadecimal at its end': `00-${ID.slice(1)}.-${SPAN}-01`,
    'trace id in upper case': `00-${ID.slice(1)}A-${SPAN}-01`,
    'trace id too long': `00-${ID}3-${SPAN}-01`,
    'trace id too short': `00-${ID.slice(1)}-${SPAN}-01`,
    'span id of zeros': `00-${ID}-${'0'.repeat(16)}-01`,
    'span id not hexadecimal': `00-${ID}-.${SPAN.slice(1)}-01`,
    'span id not hexadecimal at its end': `00-${ID}-${SPAN.slice(1)}.-01`,
    'span id too long': `00-${ID}-${SPAN}7-01`,
    'span id too short': `00-${ID}-${SPAN.slice(1)}-01`,
    'flags not hexadecimal': `00-${ID}-${SPAN}-.0`,
    'flags not hexadecimal at their end': `00-${ID}-${SPAN}-0.`,
    'flags too long': `00-${ID}-${SPAN}-001`,
    'flags too short': `00-${ID}-${SPAN}-1`,
    'flags too long in a version to come': `cc-${ID}-${SPAN}-001`,
    'two of them joined': `00-${ID}-${SPAN}-01, 00-${ID}-${SPAN}-01`,
  };
  for (const [name, text] of Object.entries(wrong)) t.equal(parseTraceparent(text), null, name);
});

/** Cases of the same file. */
await t.test('a tracestate is passed on as it came, but for white space', async (t) => {
  const allKeys = `${letters('a', 'z')}0123456789_-*/@`;
  const allValues = `${letters(' ', '+')}${letters('-', '<')}${letters('>', '~')}`;
  const right: Readonly<Record<string, string>> = {
    '': '',
    'foo=1,bar=2': 'foo=1,bar=2',
    'foo=1,bar=2, rojo=1,congo=2, baz=3': 'foo=1,bar=2,rojo=1,congo=2,baz=3',
    'foo=1 \t , \t bar=2, \t baz=3': 'foo=1,bar=2,baz=3',
    '\t foo=1 \t': 'foo=1',
    'foo=1, ': 'foo=1',
    ', foo=1': 'foo=1',
    ',, \t ,': '',
    'foo=1,foo=2': 'foo=1,foo=2',
    'foo@=1,bar=2': 'foo@=1,bar=2',
    'foo@@bar=1,bar=2': 'foo@@bar=1,bar=2',
    'foo=  1': 'foo=  1',
    [`${allKeys}=${allValues}`]: `${allKeys}=${allValues}`,
    [`foo=1,${'z'.repeat(256)}=1`]: `foo=1,${'z'.repeat(256)}=1`,
    [members(32)]: members(32),
  };
  for (const [text, expected] of Object.entries(right)) t.equal(cleanTracestate(text), expected, JSON.stringify(text.slice(0, 60)));
});

await t.test('one that is not valid is not passed on at all', async (t) => {
  const wrong = [
    'foo =1', 'FOO=1', 'foo.bar=1', '@foo=1,bar=2', '_foo=1', '=1', 'foo', 'foo=bar=baz', 'foo=,bar=3', 'foo=1,bar', 'foo=\u007f', 'foo=\u00e9', 'foo=1\u000b', '\u00a0foo=1',
    `foo=1,${'z'.repeat(257)}=1`, `foo=${'z'.repeat(257)}`, members(33),
  ];
  for (const text of wrong) t.equal(cleanTracestate(text), '', JSON.stringify(text.slice(0, 60)));
});

await t.test('beyond 512 characters members go: long ones first, then those at the end', async (t) => {
  const exact = [member('a', 128), member('b', 128), member('c', 128), member('d', 125)].join(',');
  t.equal(exact.length, 512);
  t.equal(cleanTracestate(exact), exact);
  t.equal(cleanTracestate(`${exact},e=1`), exact, 'the last one goes');
  const large = member('x', 200);
  t.equal(cleanTracestate(`${large},${exact}`), exact, 'a long one goes first');
  t.equal(cleanTracestate([member('p', 250), member('q', 250), 'r=1', 's=1'].join(',')), [member('p', 250), member('q', 250), 'r=1', 's=1'].join(','));
  t.equal(cleanTracestate([member('p', 250), member('q', 250), 'r=1', member('s', 20)].join(',')), [member('p', 250), 'r=1', member('s', 20)].join(','), 'of the long ones no more than has to');
});

/** One of so many characters. */
function member(key: string, chars: number): string {
  return `${key}=${'v'.repeat(chars - key.length - 1)}`;
}

function letters(from: string, to: string): string {
  let text = '';
  for (let code = from.charCodeAt(0); code <= to.charCodeAt(0); code += 1) text += String.fromCharCode(code);
  return text;
}

function members(count: number): string {
  return Array.from({ length: count }, (_, i) => `bar${i}=${i}`).join(',');
}
