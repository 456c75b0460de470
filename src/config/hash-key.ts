import type { HashKey } from './upstream-config.ts';
import { checkHeaderName } from './header-field.ts';

const FORMS = '`address`, `path`, `header:NAME`, `cookie:NAME` or `query:NAME`';
const NAME_CHARS_MAX = 100;

/**
 * Reads what a consistent hash is taken of: `address`, `path`, `header:NAME`, `cookie:NAME` or `query:NAME`.
 *
 * @throws RangeError with a sentence for the user
 */
export function parseHashKey(text: string): HashKey {
  const colon = text.indexOf(':');
  const of = colon === -1 ? text : text.slice(0, colon);
  const name = colon === -1 ? null : text.slice(colon + 1);
  switch (of) {
    case 'address':
    case 'path':
      if (name !== null) throw new RangeError(`\`${of}\` stands alone: leave \`:${name}\` out`);
      return { of, name: null };
    case 'header':
    case 'cookie':
    case 'query':
      return { of, name: nameOf(of, name ?? '') };
    default:
      throw new RangeError(`\`${text}\` cannot be hashed: write ${FORMS}`);
  }
}

/** Headers have no case (RFC 9110 section 5.1); cookies and parameters have. */
function nameOf(of: 'header' | 'cookie' | 'query', name: string): string {
  if (name === '') throw new RangeError(`the name is missing: write \`${of}:NAME\``);
  if (name.length > NAME_CHARS_MAX) throw new RangeError(`the name is longer than ${NAME_CHARS_MAX} characters`);
  if (of === 'header') {
    checkHeaderName(name);
    return name.toLowerCase();
  }
  if (of === 'cookie') checkCookieName(name);
  return name;
}

/** @throws RangeError where the text is no cookie name (RFC 6265 section 4.1.1: a token) */
export function checkCookieName(name: string): void {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/.test(name)) throw new RangeError(`\`${name}\` is not the name of a cookie: letters, digits, - and _ make one`);
}
