import { checkCookieName } from './hash-key.ts';
import { checkHeaderName } from './header-field.ts';

/** What requests are told apart by where they are counted. */
export interface RequestKey {
  readonly of: 'address' | 'route' | 'global' | 'apiKey' | 'user' | 'jwt' | 'header' | 'cookie' | 'query';
  /** Of the claim, header (in lower case), cookie or parameter; '' for all others. */
  readonly name: string;
}

const FORMS = '`address`, `route`, `global`, `apiKey`, `user`, `jwt:CLAIM`, `header:NAME`, `cookie:NAME` or `query:NAME`';
const NAME_CHARS_MAX = 100;

/** @throws RangeError with a sentence for the user */
export function parseRequestKey(text: string): RequestKey {
  const colon = text.indexOf(':');
  const of = colon === -1 ? text : text.slice(0, colon);
  const name = colon === -1 ? null : text.slice(colon + 1);
  switch (of) {
    case 'address':
    case 'route':
    case 'global':
    case 'apiKey':
    case 'user':
      if (name !== null) throw new RangeError(`\`${of}\` stands alone: leave \`:${name}\` out`);
      return { of, name: '' };
    case 'jwt':
    case 'header':
    case 'cookie':
    case 'query':
      return { of, name: nameOf(of, name ?? '') };
    default:
      throw new RangeError(`requests cannot be counted by \`${text}\`: write ${FORMS}`);
  }
}

/** Headers have no case (RFC 9110 section 5.1); all others have. */
function nameOf(of: 'jwt' | 'header' | 'cookie' | 'query', name: string): string {
  if (name === '') throw new RangeError(`the name is missing: write \`${of}:${of === 'jwt' ? 'CLAIM' : 'NAME'}\``);
  if (name.length > NAME_CHARS_MAX) throw new RangeError(`the name is longer than ${NAME_CHARS_MAX} characters`);
  if (of === 'header') {
    checkHeaderName(name);
    return name.toLowerCase();
  }
  if (of === 'cookie') checkCookieName(name);
  return name;
}
