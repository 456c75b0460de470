/** Shown where a text was cut. */
const CUT_MARK = '…';

/** Printable ASCII without quote and backslash. Half the time of a loop; JSON.stringify would leave DEL and C1 in place. */
const PLAIN = /^[ !#-[\]-~]*$/;

const BEYOND_A_BYTE = /[\u0100-\uffff]/;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** A JSON string with its quotes, at most `bytesMax` bytes inside them. Escapes what JSON leaves alone: DEL, C1, bidi controls. */
export function jsonText(text: string, bytesMax: number): string {
  // Nearly every text of a request is short, plain ASCII: one pass and no copy beyond the quotes.
  if (text.length <= bytesMax && PLAIN.test(text)) return `"${text}"`;
  return `"${fit(text, bytesMax, escapeJson)}"`;
}

/** The text with control characters made visible and at most `bytesMax` bytes, for a line that people read. */
export function plainText(text: string, bytesMax: number): string {
  if (text.length <= bytesMax && PLAIN.test(text)) return text;
  return fit(text, bytesMax, escapeControls);
}

/**
 * A text as nginx writes it between the quotes of a log line: quotes, backslashes and all that is not printable ASCII as
 * `\x` and two digits. Characters are bytes, as those of headers are; where one is more than a byte, all are UTF-8.
 */
export function nginxText(text: string, bytesMax: number): string {
  if (text.length <= bytesMax && PLAIN.test(text)) return text;
  let escaped = '';
  for (const byte of Buffer.from(text, BEYOND_A_BYTE.test(text) ? 'utf8' : 'latin1')) {
    const isPlain = byte >= 0x20 && byte < 0x7f && byte !== QUOTE && byte !== BACKSLASH;
    const next = isPlain ? String.fromCharCode(byte) : `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    if (escaped.length + next.length > bytesMax) break;
    escaped += next;
  }
  return escaped;
}

/** Shortens before escaping, so that the cut never falls inside an escape; few rounds, as each aims at the bound. */
function fit(text: string, bytesMax: number, escape: (text: string) => string): string {
  let kept = text.slice(0, bytesMax);
  for (;;) {
    const mark = kept.length < text.length ? CUT_MARK : '';
    const escaped = escape(kept.toWellFormed()) + mark;
    const bytes = Buffer.byteLength(escaped);
    if (bytes <= bytesMax || kept === '') return escaped;
    kept = kept.slice(0, Math.min(kept.length - 1, Math.floor((kept.length * bytesMax) / bytes)));
  }
}

function escapeJson(text: string): string {
  return escapeControls(JSON.stringify(text).slice(1, -1));
}

/** What could end a line, drive a terminal, or turn the direction of text (Unicode TR 36, 3.1), as `\u` and four digits. */
const CONTROLS = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

/** Every control character as its JSON escape. */
export function escapeControls(text: string): string {
  return text.replace(CONTROLS, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
