import type { Diagnostic } from './diagnostic.ts';
import type { Span } from './tree.ts';

/** What nobody writes but a generator of keys: one of ours, 20 characters of both cases with digits, 32 hexadecimal digits, a UUID. A SHA-256 may be seen. */
const KEY_LIKE =
  /(?<![\w-]|sha256:)(?:slk_[\w-]+|(?=[\w-]{20})(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*\d)[\w-]+|[0-9a-fA-F]{32,}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})(?![\w-])/g;

/** What stands behind a key that names a secret: in quotes, or to the next comma, bracket or comment. Every part has a bound: lines can be long. */
const SECRET_VALUE =
  /((?<![\w-])(?:[\w-]{0,64}?(?:secr|passw|token|authori[sz]ation|cookie|credential|hmac|-team)[\w-]{0,64}|pass|pwd|key|hash)(?:["']\s{0,4}:\s{0,16}|\s{0,4}:\s{1,16}))("(?:[^"\\]|\\.){0,2000}"|'(?:[^']|''){0,2000}'|[^\s"'[{#,](?:[^,}\]#]|(?<!\s)#){0,2000})/gi;
/** A reference to a secret, a switch, or one of the words that stand behind `key`: no secret itself. */
const HARMLESS_VALUE = /^["']?(?:\$\{\w+(?::-)?\}|file:\S+|true|false|off|null|\d+|[a-z]{1,12}|(?:header|cookie|query|claim|jwt):[\w.-]+|\S+\.(?:pem|key|crt|cer|txt))["']?\s*$/i;
/** More of a line than is ever shown of it. */
const LINE_CHARS_MAX = 4000;

/** Collects diagnostics, so that the user sees all of them at once. */
export class Report {
  readonly #found: Diagnostic[] = [];
  #errorCount = 0;
  /** Set where the content of a whole file is unknown, so that nothing can be said about what is missing in it. */
  isUnreadable = false;

  get errorCount(): number {
    return this.#errorCount;
  }

  error(span: Span, message: string, hint: string | null = null): void {
    this.#errorCount++;
    this.#found.push(diagnosticAt('error', span, message, hint));
  }

  /** For a value that is, or may be, a secret: its line is shown without it. */
  secretError(span: Span, message: string, hint: string | null = null): void {
    this.#errorCount++;
    const { column, width, sourceLine, ...others } = diagnosticAt('error', span, message, hint);
    this.#found.push({ ...others, column, width, sourceLine: sourceLine === null ? null : starred(sourceLine, column - 1, width) });
  }

  warning(span: Span, message: string, hint: string | null = null): void {
    this.#found.push(diagnosticAt('warning', span, message, hint));
  }

  /** An error of a file as a whole, which has no line to show. */
  fileError(file: string, message: string, hint: string | null = null): void {
    this.#errorCount++;
    this.isUnreadable = true;
    this.#found.push({ severity: 'error', file, line: 0, column: 0, width: 1, message, hint, sourceLine: null });
  }

  /** In the order of file, line and column; the same sentence at the same place only once. */
  sorted(): Diagnostic[] {
    const seen = new Set<string>();
    return this.#found
      .toSorted((a, b) => compare(a.file, b.file) || a.line - b.line || a.column - b.column)
      .filter((found) => {
        const key = `${found.file}\n${found.line}:${found.column}\n${found.message}`;
        return !seen.has(key) && seen.add(key);
      });
  }
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function diagnosticAt(severity: Diagnostic['severity'], span: Span, message: string, hint: string | null): Diagnostic {
  const { source, start, end } = span;
  const { line, column } = source.positionOf(start);
  const sourceLine = withoutSecrets(nearby(source.lineText(line), column - 1));
  const width = Math.max(1, Math.min(end - start, sourceLine.length - column + 1));
  return { severity, file: source.file, line, column, width, message, hint, sourceLine };
}

/** Passwords of URLs, random keys and what is called a secret must not get into a log with the line they stand in. As long as before, so that the caret points right. */
function withoutSecrets(line: string): string {
  return line
    .replaceAll(/(:\/\/[^\s:@/]{0,256}:)([^\s"',]{1,256})(?=@)/g, (_all, before: string, password: string) => before + '*'.repeat(password.length))
    .replaceAll(SECRET_VALUE, (all, before: string, value: string) => (HARMLESS_VALUE.test(value) ? all : before + starredValue(value)))
    .replaceAll(KEY_LIKE, (key) => '*'.repeat(key.length));
}

/** A long line without what is far from the fault, and as long as before. */
function nearby(line: string, at: number): string {
  if (line.length <= LINE_CHARS_MAX) return line;
  const from = Math.max(at - LINE_CHARS_MAX / 2, 0);
  const to = from + LINE_CHARS_MAX;
  return ' '.repeat(from) + line.slice(from, to) + ' '.repeat(Math.max(line.length - to, 0));
}

function starredValue(value: string): string {
  const quote = /^["']/.test(value) ? value.slice(0, 1) : '';
  return quote + '*'.repeat(value.length - 2 * quote.length) + quote;
}

function starred(line: string, start: number, width: number): string {
  return line.slice(0, start) + '*'.repeat(width) + line.slice(start + width);
}
