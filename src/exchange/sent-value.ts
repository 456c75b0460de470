const NOT_IN_A_VALUE = /[\0\r\n]+/g;
const NOT_ASCII = /[^\0-\u007f]/;

/**
 * A header value as it may be sent, wherever it comes from (a claim, say): line breaks become spaces, and what is not ASCII
 * goes as UTF-8, each byte a character.
 */
export function sentValue(value: string): string {
  const text = value.replaceAll(NOT_IN_A_VALUE, ' ').trim();
  return NOT_ASCII.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}
