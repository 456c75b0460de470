/** Names as RFC 6838 section 4.2 allows them. */
const PATTERN = /^[a-z0-9][\w!#$&^.+-]*\/(?:\*(?:\+[\w.-]+)?|[a-z0-9][\w!#$&^.+-]*)$/i;

/**
 * Checks a kind of content: one as `text/html`, all of a family as `text/*`, or all of one syntax as `application/*+json`.
 * @throws RangeError with a sentence for the user
 */
export function checkMediaTypePattern(text: string): void {
  if (text.startsWith('*')) throw new RangeError(`\`${text}\` takes in pictures and archives, which are compressed already: list the types, as in \`text/*\``);
  if (text.includes(';')) throw new RangeError('a type stands here without parameters: leave out what follows `;`');
  if (!PATTERN.test(text)) throw new RangeError(`\`${text}\` is not a type: write it as text/html, text/* or application/*+json`);
}
