import { checkHeaderName } from './header-field.ts';
import { checkCookieName } from './hash-key.ts';

/** Where in a request a token stands. */
export interface TokenPlace {
  /** `bearer` is the Authorization header. */
  readonly in: 'bearer' | 'header' | 'cookie' | 'query';
  /** Of a header in lower case; '' for `bearer`. */
  readonly name: string;
}

const FORMS = '`header`, `header:NAME`, `cookie:NAME` or `query:NAME`';
const NAME_CHARS_MAX = 100;

/**
 * Reads `header`, which is `Authorization: Bearer`, or `header:NAME`, `cookie:NAME`, `query:NAME`.
 *
 * @throws RangeError with a sentence for the user
 */
export function parseTokenPlace(text: string): TokenPlace {
  if (text === 'header') return { in: 'bearer', name: '' };
  const [, place, name = ''] = /^(header|cookie|query):(.*)$/s.exec(text) ?? [];
  switch (place) {
    case 'header':
      checkHeaderName(name);
      if (name.toLowerCase() === 'authorization') throw new RangeError('the Authorization header is `header` alone');
      if (name.toLowerCase() === 'cookie') throw new RangeError(`the cookie is missing: write \`cookie:NAME\``);
      return { in: 'header', name: name.toLowerCase() };
    case 'cookie':
      checkCookieName(name);
      return { in: 'cookie', name };
    case 'query':
      if (name === '' || name.length > NAME_CHARS_MAX) throw new RangeError(`the name of a parameter has 1 to ${NAME_CHARS_MAX} characters`);
      return { in: 'query', name };
    default:
      throw new RangeError(`no token can stand in \`${text}\`: write ${FORMS}`);
  }
}
