const QUOTE = 0x22;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_MAP = 0x7b;
const CLOSE_MAP = 0x7d;

/**
 * What two readers of the same JSON could take for different things: a member that is there twice, or nesting so deep that
 * one of them gives up (RFC 8259 §4, §9).
 * @param text valid JSON. @returns in words for the log; null: every reader sees the same.
 */
export function jsonDoubt(text: string, depthMax: number): string | null {
  /** Of each map around the place that is looked at; null: it is a list. */
  const names: (Set<string> | null)[] = [];
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case OPEN_MAP:
      case OPEN_LIST:
        if (names.length === depthMax) return `it is nested deeper than ${depthMax} levels`;
        names.push(text.charCodeAt(at) === OPEN_MAP ? new Set() : null);
        break;
      case CLOSE_MAP:
      case CLOSE_LIST:
        names.pop();
        break;
      case QUOTE: {
        const start = at;
        at = endOfString(text, start);
        const known = names.at(-1) ?? null;
        if (known === null || !isName(text, at + 1)) break;
        const name = nameOf(text.slice(start, at + 1));
        if (known.has(name)) return 'it has a member twice';
        known.add(name);
        break;
      }
      default:
    }
  }
  return null;
}

/** Where the closing quote stands. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return end;
  }
  return text.length;
}

function isName(text: string, after: number): boolean {
  let at = after;
  while (text.charCodeAt(at) <= 0x20) at++;
  return text.charCodeAt(at) === COLON;
}

/** `"al\u0067"` is `alg`. */
function nameOf(quoted: string): string {
  return quoted.includes('\\') ? String(JSON.parse(quoted)) : quoted.slice(1, -1);
}
