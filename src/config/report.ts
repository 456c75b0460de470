import type { Diagnostic } from './diagnostic.ts';
import type { Span } from './tree.ts';

/** What nobody writes but a generator of keys: one of ours, 20 characters of both cases with digits, 32 hexadecimal digits, a UUID. A SHA-256 may be seen. */
const KEY_LIKE =
  /(?<![\w-]|sha256:)(?:slk_[\w-]+|(?=[\w-]{20})(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*\d)[\w-]+|[0-9a-fA-F]{32,}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})(?![\w-])/g;

/** What stands behind a key that names a secret: in quotes, or to the next comma, bracket or comment. */
const SECRET_VALUE = /((?<![\w-])[\w-]{0,64}?(?:secr|passw|token|authori[sz]ation|cookie|credential)[\w-]{0,64}["']?\s{0,4}:\s{1,16})("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s"'[{#,][^,}\]#]*)/gi;
/** A reference to a secret, or a switch: no secret itself. */
const HARMLESS_VALUE = /^["']?(?:\$\{\w+(?::-)?\}|file:\S+|true|false|off|null|\d+)["']?\s*$/;

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
  const sourceLine = withoutSecrets(source.lineText(line));
  const width = Math.max(1, Math.min(end - start, sourceLine.length - column + 1));
  return { severity, file: source.file, line, column, width, message, hint, sourceLine };
}

/** Passwords of URLs, random keys and what is called a secret must not get into a log with the line they stand in. As long as before, so that the caret points right. */
function withoutSecrets(line: string): string {
  return line
    .replaceAll(/(:\/\/[^\s:@/]*:)(\S+)(?=@)/g, (_all, before: string, password: string) => before + '*'.repeat(password.length))
    .replaceAll(SECRET_VALUE, (all, before: string, value: string) => (HARMLESS_VALUE.test(value) ? all : before + '*'.repeat(value.length)))
    .replaceAll(KEY_LIKE, (key) => '*'.repeat(key.length));
}

function starred(line: string, start: number, width: number): string {
  return line.slice(0, start) + '*'.repeat(width) + line.slice(start + width);
}
