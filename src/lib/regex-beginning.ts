/** What can be told of the texts a regular expression matches without running it. */
interface RegexBeginning {
  /** Every text it matches begins with this; '' where that cannot be told. */
  readonly text: string;
  /** It matches every text with that beginning. */
  readonly isWhole: boolean;
}

const UNKNOWN: RegexBeginning = { text: '', isWhole: false };
const SPECIAL = /[\\.[\]()*+?{}|^$]/;
/** After one of these the character before them may be missing. */
const OPTIONAL = /[*?{]/;
const ANYTHING = /^(?:\.\*\$?)?$/;

/**
 * The literal beginning of a pattern in RE2 syntax: from its `^` to its first special character, where
 * an escaped punctuation mark is literal. '' where the pattern is not anchored, sets flags, or has
 * alternatives at its top level. When in doubt it answers with less.
 */
export function regexBeginning(source: string): RegexBeginning {
  if (!source.startsWith('^')) return ANYTHING.test(source) ? { text: '', isWhole: true } : UNKNOWN;
  if (hasTopLevelAlternative(source)) return UNKNOWN;
  let text = '';
  let at = 1;
  while (at < source.length) {
    const escaped = source.charAt(at) === '\\';
    const character = source.charAt(escaped ? at + 1 : at);
    if (escaped ? /[a-z0-9]|^$/i.test(character) : SPECIAL.test(character)) break;
    const next = at + (escaped ? 2 : 1);
    if (OPTIONAL.test(source.charAt(next))) return { text, isWhole: false };
    text += character;
    at = next;
  }
  return { text, isWhole: ANYTHING.test(source.slice(at)) };
}

/** `^/a|/b` also matches where `^/a` does not. A `|` in a group or a character class is none of the top level. */
function hasTopLevelAlternative(source: string): boolean {
  if (source.includes('\\Q')) return true;
  let depth = 0;
  for (let at = 0; at < source.length; at += 1) {
    const character = source.charAt(at);
    if (character === '\\') at += 1;
    else if (character === '[') at = classEnd(source, at);
    else if (character === '(') depth += 1;
    else if (character === ')') depth -= 1;
    else if (character === '|' && depth === 0) return true;
  }
  return false;
}

/** Where the character class that begins at `start` ends. A `]` that comes first, and one of `[:alpha:]`, do not end it. */
function classEnd(source: string, start: number): number {
  const match = /^\[\^?\]?(?:\\.|\[:\^?[a-z]+:\]|[^\]\\])*/s.exec(source.slice(start));
  return start + (match?.[0].length ?? 0);
}
