import t from 'tap';
import { beginsWith, isName, readFieldLines, trimmed, type FieldSink, type Section } from '../../src/upstream/field-lines.ts';

/** Puts the section amid bytes that would change its meaning if they were looked at. */
function sectionOf(lines: string): Section {
  const text = `${lines}\r\n`;
  const bytes = Buffer.from(`X: before\r\n${text}Y: after\r\n\r\n`, 'latin1');
  const start = 'X: before\r\n'.length;
  return { bytes, start, end: start + text.length, text };
}

class Fields implements FieldSink<'enough'> {
  readonly rawHeaders: string[] = [];
  readonly spaced: string[] = [];

  field(name: string, _value: string, spaceAfter: boolean): 'enough' | null {
    if (spaceAfter) this.spaced.push(name);
    return name === 'Stop' ? 'enough' : null;
  }
}

function read(lines: string, countMax = 10): { fault: string | null; fields: Fields } {
  const section = sectionOf(lines);
  const fields = new Fields();
  return { fault: readFieldLines(section, section.start, countMax, fields), fields };
}

const ACCEPTED: readonly (readonly [what: string, lines: string, rawHeaders: readonly string[]])[] = [
  ['no field', '', []],
  ['name and value as they are written', 'Content-TYPE: Text/Html\r\n', ['Content-TYPE', 'Text/Html']],
  ['no space before a value', 'A:b\r\n', ['A', 'b']],
  ['white space around a value is not part of it', 'A: \t b c\td \t\r\n', ['A', 'b c\td']],
  ['an empty value', 'A:\r\nB: \t\r\n', ['A', '', 'B', '']],
  ['the same name again', 'A: 1\r\na: 2\r\n', ['A', '1', 'a', '2']],
  ['a colon in a value', 'A: b:c: d\r\n', ['A', 'b:c: d']],
  ['obs-text as latin1', 'A: \x80\xe9\xff\r\n', ['A', '\x80\xe9\xff']],
  ['all that a token may hold', "!#$%&'*+-.^_`|~09azAZ: x\r\n", ["!#$%&'*+-.^_`|~09azAZ", 'x']],
];

for (const [what, lines, rawHeaders] of ACCEPTED) {
  await t.test(`reads ${what}`, async (t) => {
    const { fault, fields } = read(lines);
    t.equal(fault, null);
    t.same(fields.rawHeaders, rawHeaders);
  });
}

const REFUSED: readonly (readonly [lines: string, fault: string])[] = [
  ['A: b\n', 'bare LF'],
  ['A: b\nC: d\r\n', 'bare LF'],
  ['A\n', 'bare LF'],
  ['\nA: b\r\n', 'bare LF'],
  ['A: b\rC: d\r\n', 'bare CR'],
  ['A: b\r\r\n', 'bare CR'],
  ['\rA: b\r\n', 'bare CR'],
  ['A: b\r\n c\r\n', 'folded header line'],
  ['A: b\r\n\tc\r\n', 'folded header line'],
  [' A: b\r\n', 'folded header line'],
  ['A\r\n', 'header line without a colon'],
  ['A : b\r\n', 'header name is not a token'],
  ['A\t: b\r\n', 'header name is not a token'],
  ['A\x0b: b\r\n', 'header name is not a token'],
  [': b\r\n', 'header name is not a token'],
  ['A b: c\r\n', 'header name is not a token'],
  ['"A": b\r\n', 'header name is not a token'],
  ['A\xe9: b\r\n', 'header name is not a token'],
  ['A\x00: b\r\n', 'header name is not a token'],
  ['A: b\x00c\r\n', 'byte not allowed in a header value'],
  ['A: \x0bb\r\n', 'byte not allowed in a header value'],
  ['A: b\x7f\r\n', 'byte not allowed in a header value'],
  ['A: b\x1b[0m\r\n', 'byte not allowed in a header value'],
];

for (const [lines, expected] of REFUSED) {
  await t.test(`refuses ${JSON.stringify(lines)}: ${expected}`, async (t) => {
    t.equal(read(lines).fault, expected);
  });
}

await t.test('more fields than allowed are refused, as many as allowed are not', async (t) => {
  t.equal(read('A: 1\r\nA: 2\r\n', 2).fault, null);
  t.equal(read('A: 1\r\nA: 2\r\nA: 3\r\n', 2).fault, 'too many headers');
});

await t.test('a fault of the sink ends the reading', async (t) => {
  const { fault, fields } = read('A: 1\r\nStop: 2\r\nB: 3\r\n');
  t.equal(fault, 'enough');
  t.same(fields.rawHeaders, ['A', '1', 'Stop', '2']);
});

await t.test('the sink hears of white space after a value', async (t) => {
  t.same(read('A: 1\r\nB: 2 \r\nC: 3\t\r\nD:\t4\r\n').fields.spaced, ['B', 'C']);
});

await t.test('trimmed takes SP and HTAB, and not the no-break space that String.trim takes', async (t) => {
  t.equal(trimmed('a, \tb\t ,c', 2, 7), 'b');
  t.equal(trimmed('\xa0b\x0b', 0, 3), '\xa0b\x0b');
  t.equal(trimmed(' \t ', 0, 3), '');
});

await t.test('a value begins with a word in any case, and only then', async (t) => {
  t.ok(beginsWith('Text/HTML; charset=utf-8', 'text/html'));
  t.notOk(beginsWith('text/htm', 'text/html'));
  t.notOk(beginsWith('text-html', 'text/html'));
});

await t.test('a name is the same in any case, and only then', async (t) => {
  t.ok(isName('Content-Length', 'content-length'));
  t.ok(isName('CONTENT-LENGTH', 'content-length'));
  t.notOk(isName('Content_Length', 'content-length'));
  t.notOk(isName('Content-Lengths', 'content-length'));
  t.notOk(isName('Content-Lengt`', 'content-length'));
});
