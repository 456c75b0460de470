import { isUtf8 } from 'node:buffer';

/** Printable ASCII without what begins an escape: nearly every text. */
const PLAIN = /^[ -$&-[\]-~]*$/;
const ASCII = /^[\0-\u007f]*$/;
/** One in another, as where a URL stands in the query of another one, which itself was escaped by a program. */
const ROUNDS_MAX = 4;
const ESCAPES = /(?:%[0-9A-Fa-f]{2})+/g;
/** Of JSON and JavaScript, of its regular expressions and bytes, and as old servers of Microsoft have it in a URL. */
const UNICODE_ESCAPE = /(?:\\u|%u)([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})/g;
/** Node reads each byte of a header as a character. */
const BYTES = /[\u0080-\u00ff]{2,}/g;
/** Nobody sees them. */
const INVISIBLE = /[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]/g;

/**
 * What a text says once nothing in it is written in a roundabout way: without escapes, UTF-8 in the bytes of a header read as
 * that, and digits and signs of other widths as the usual ones (Unicode NFKC). To be looked at, not to be sent on.
 */
export function plainForm(text: string): string {
  if (PLAIN.test(text)) return text;
  let plain = text;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const next = decodedOnce(plain);
    if (next === plain) break;
    plain = next;
  }
  return ASCII.test(plain) ? plain : plain.normalize('NFKC').replaceAll(INVISIBLE, '');
}

function decodedOnce(text: string): string {
  const read = text.includes('\\') || text.includes('%u') ? text.replaceAll(UNICODE_ESCAPE, readUnicode) : text;
  const bytes = read.includes('%') ? read.replaceAll(ESCAPES, readEscapes) : read;
  return ASCII.test(bytes) ? bytes : bytes.replaceAll(BYTES, (found) => readBytes(Buffer.from(found, 'latin1')));
}

function readUnicode(_all: string, wide: string | undefined, narrow: string | undefined): string {
  return String.fromCharCode(Number.parseInt(wide ?? narrow ?? '', 16));
}

/** Of a single character, by far the most frequent, no buffer is made. */
function readEscapes(escapes: string): string {
  const code = Number.parseInt(escapes.slice(1), 16);
  return escapes.length === 3 && code < 0x80 ? String.fromCharCode(code) : readBytes(Buffer.from(escapes.replaceAll('%', ''), 'hex'));
}

function readBytes(bytes: Buffer): string {
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
}
