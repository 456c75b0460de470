import path from 'node:path';
import { type ReadFile, readBounded, readFault } from './read-file.ts';
import type { Report } from './report.ts';
import type { ScalarNode, Span } from './tree.ts';

const VALUE_CHARS_MAX = 1024 * 1024;
const REFERENCE = /\$\$\{|\$\{([^}]*)\}?/g;
const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;
const SECRET_FILE = /^file:(?=\/|\.\.?\/)/;

export type Environment = Readonly<Record<string, string | undefined>>;

/** Puts variables of the environment and the content of secret files in the place of what stands for them. */
export class Substitution {
  readonly #env: Environment;
  readonly #readFile: ReadFile;
  readonly #report: Report;

  constructor(env: Environment, readFile: ReadFile | undefined, report: Report) {
    this.#env = env;
    this.#readFile = readFile ?? readBounded;
    this.#report = report;
  }

  /**
   * `${NAME}`, `${NAME:-default}` and `$${` inside a text; `file:/path` as the whole of it, and only as written
   * in the file itself: the environment cannot name a file to be read.
   *
   * @param plain unquoted in the file, so that `${PORT}` becomes the number that `8080` would be
   */
  apply(node: ScalarNode, plain: boolean): ScalarNode {
    if (typeof node.value !== 'string') return node;
    const written = node.value;
    const isFile = SECRET_FILE.test(written);
    if (!isFile && !written.includes('${')) return node;
    const parts: { text: string; label: string }[] = [];
    const errorsBefore = this.#report.errorCount;
    const text = this.#expand(node, written, parts);
    if (this.#report.errorCount > errorsBefore) return { ...node, isBroken: true };
    if (isFile) return this.#readSecret(node, text.slice('file:'.length), written);
    const substituted = parts.length === 0 ? null : { text, label: parts.map(({ label }) => label).join(' and '), parts };
    return { ...node, value: plain && substituted !== null ? literalOf(text) : text, substituted };
  }

  #expand(node: ScalarNode, written: string, parts: { text: string; label: string }[]): string {
    let tooLong = false;
    let length = written.length;
    const text = written.replaceAll(REFERENCE, (reference: string, inner: string | undefined) => {
      if (inner === undefined) return '${';
      const value = this.#lookUp(node, reference, inner);
      if (VARIABLE.test(inner)) parts.push({ text: value, label: `\${${inner.split(':-', 1)[0] ?? ''}}` });
      length += value.length;
      tooLong ||= length > VALUE_CHARS_MAX;
      return tooLong ? '' : value;
    });
    if (tooLong) this.#report.error(node, 'this becomes too long with its variables put in: 1 MB is the limit');
    return text;
  }

  #lookUp(node: ScalarNode, reference: string, inner: string): string {
    const match = VARIABLE.exec(inner);
    if (!reference.endsWith('}') || match === null) {
      this.#report.error(placeOf(node, reference), 'this is not a variable', 'Write ${NAME} or ${NAME:-default}, and $${ for a literal ${.');
      return '';
    }
    const [, name = '', fallback] = match;
    const value = this.#env[name];
    if (fallback !== undefined && (value === undefined || value === '')) return fallback;
    if (value !== undefined) return value;
    this.#report.error(placeOf(node, reference), `the environment has no variable ${name}`, `Set it, or give a default: \${${name}:-default}.`);
    return '';
  }

  #readSecret(node: ScalarNode, file: string, written: string): ScalarNode {
    try {
      const bytes = this.#readFile(path.resolve(node.source.folder, file));
      const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/, '');
      if (text.length <= VALUE_CHARS_MAX) return { ...node, value: text, substituted: { text, label: written } };
      this.#report.error(node, 'the file named here is larger than 1 MB');
    } catch (error) {
      const fault = error instanceof TypeError ? 'it is not UTF-8 text' : readFault(error);
      this.#report.error(node, `the file named here cannot be read: ${fault}`);
    }
    return { ...node, isBroken: true };
  }
}

/** The value that a substituted text would have had if it had been written in the file without quotes. */
export function literalOf(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^[-+]?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?$/.test(text) ? Number(text) : text;
}

/** The reference itself where it can be found in the file; escapes in quoted text can hide it. */
function placeOf(node: ScalarNode, reference: string): Span {
  const at = node.source.text.indexOf(reference, node.start);
  return at === -1 || at >= node.end ? node : { source: node.source, start: at, end: at + reference.length };
}
