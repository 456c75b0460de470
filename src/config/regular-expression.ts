import { compileRegex, type Regex } from '../lib/regex.ts';

const SOURCE_CHARS_MAX = 1000;
/** `$1`, `$&`, `$$` and `$<name>`, or a dollar sign that is none of them. */
const REFERENCE = /\$(?:([0-9]{1,2})|<([^>]*)>|[$&])?/g;

/**
 * Compiles a regular expression in RE2 syntax, which matches in time linear to the text.
 *
 * @throws RangeError with a sentence for the user
 */
export function parseRegex(source: string): Regex {
  if (source.length > SOURCE_CHARS_MAX) throw new RangeError(`the regular expression is longer than ${SOURCE_CHARS_MAX} characters`);
  try {
    return compileRegex(source);
  } catch (error) {
    if (/\(\?<?[=!]/.test(source)) throw new RangeError('look-ahead and look-behind are not supported, because they can take exponential time', { cause: error });
    if (/\\[1-9]|\\k</.test(source)) throw new RangeError('back-references are not supported, because they can take exponential time', { cause: error });
    const reason = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : String(error);
    throw new RangeError(`the regular expression is not valid: ${reason}`, { cause: error });
  }
}

/**
 * Checks that every `$1` and `$<name>` of a replacement is a group of the expression.
 *
 * @throws RangeError with a sentence for the user
 */
export function checkReplacement(source: string, replacement: string): void {
  const { groupCount, groupNames } = parseRegex(source);
  for (const [reference, number, name] of replacement.matchAll(REFERENCE)) {
    if (reference === '$') throw new RangeError('`$` is followed by the number of a group: write `$1`, or `$$` for the character itself');
    // `$12` is the first group and a `2` where there is no twelfth.
    const first = Number(number?.charAt(0) ?? 1);
    if ((first === 0 || first > groupCount) && number !== undefined) {
      throw new RangeError(`\`${reference}\` is not there: the pattern has ${groupCount} group(s) in parentheses`);
    }
    if (name !== undefined && !groupNames.includes(name)) throw new RangeError(`\`${reference}\` is not there: the pattern has no group of this name`);
  }
}
