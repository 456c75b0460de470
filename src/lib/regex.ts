import { RE2JS } from 're2js';

/** A compiled regular expression in RE2 syntax. Its time is linear in the text, whatever the pattern. */
export interface Regex {
  /** How many groups in parentheses it has. */
  readonly groupCount: number;
  /** The names of those groups that have one. */
  readonly groupNames: readonly string[];
  /** Whether it matches anywhere in the text. */
  test(text: string): boolean;
  /** Every match replaced; in the replacement `$1` is a group, `$&` the match, `$$` a dollar sign. */
  replaceAll(text: string, replacement: string): string;
}

/** @throws {Error} for what is no RE2 pattern: a mistake, or a look-around or back-reference, which RE2 has not. */
export function compileRegex(source: string): Regex {
  const compiled = RE2JS.compile(source);
  return {
    groupCount: compiled.groupCount(),
    groupNames: Object.keys(compiled.namedGroups()),
    test: (text) => compiled.test(text),
    replaceAll: (text, replacement) => compiled.matcher(text).replaceAll(replacement),
  };
}
