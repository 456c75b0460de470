import { type Alias, type Pair, type Scalar, type YAMLError, type YAMLMap, type YAMLSeq, isAlias, isMap, isScalar, parseDocument } from 'yaml';
import type { Report } from './report.ts';
import type { Source } from './source.ts';
import type { Substitution } from './substitute.ts';
import type { MapNode, Node, Span } from './tree.ts';

const DEPTH_MAX = 64;
const TOO_DEEP = `the file is nested too deeply: ${DEPTH_MAX} levels are the limit`;
const ALIASES_MAX = 1000;
/** Values that all aliases together may stand for: what a bomb multiplies. A long text counts as several. */
const ALIASED_VALUES_MAX = 100_000;
const CHARS_PER_VALUE = 64;
const STATUS = /^[1-5][0-9]{2}$/;
const CORE_TAG = /^tag:yaml\.org,2002:(?:str|int|float|bool|null|map|seq)$/;

const SYNTAX_HINTS: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'YAML is indented with spaces; replace the tab.',
  BLOCK_AS_IMPLICIT_KEY: 'Put text that holds `: ` in quotes, or start the next key on its own line.',
  BAD_INDENT: 'Keys of the same map start in the same column.',
  MULTILINE_IMPLICIT_KEY: 'A key is followed by `:` on the same line.',
  MULTIPLE_DOCS: 'Remove the `---`, or make it two files in a directory.',
};

/** Parses one YAML file into nodes that know their place. Null where nothing can be used; what is wrong is reported. */
export function parseYaml(source: Source, substitution: Substitution, report: Report): Node | null {
  try {
    const document = parseDocument(source.text, { prettyErrors: false, uniqueKeys: false, version: '1.2', logLevel: 'error' });
    if (document.errors.length > 0) {
      reportSyntax(document.errors, source, report);
      return unreadable(report);
    }
    if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
      report.error({ source, start: 0, end: 1 }, 'the file is empty', 'The shortest useful file has `listen`, `upstreams` and `routes`.');
      return unreadable(report);
    }
    return new TreeBuilder(source, substitution, report).build(document.contents, 0);
  } catch (error) {
    if (error instanceof TooManyAliases) return unreadable(report);
    if (!(error instanceof RangeError)) throw error;
    report.error({ source, start: 0, end: 1 }, TOO_DEEP);
    return unreadable(report);
  }
}

function unreadable(report: Report): null {
  report.isUnreadable = true;
  return null;
}

function reportSyntax(errors: readonly YAMLError[], source: Source, report: Report): void {
  // The parser descends by recursion and says so in its own words when the stack does not suffice.
  const exhausted = errors.find(({ message }) => /call stack|stack overflow/i.test(message));
  if (exhausted === undefined) {
    for (const error of errors) reportSyntaxError(error, source, report);
  } else {
    report.error({ source, start: exhausted.pos[0], end: exhausted.pos[0] + 1 }, TOO_DEEP);
  }
}

function reportSyntaxError(error: YAMLError, source: Source, report: Report): void {
  const [start, end] = error.pos;
  const span = { source, start: Math.min(start, source.text.length), end };
  const lineText = source.lineText(source.positionOf(span.start).line);
  const unquoted = /[{[,:]\s*\$\{/.test(lineText) ? 'Inside { } and [ ] a variable is written in quotes: "${NAME}".' : null;
  const message = error.code === 'MULTIPLE_DOCS' ? 'the file holds more than one YAML document' : lowerFirst(error.message);
  report.error(span, message, unquoted ?? SYNTAX_HINTS[error.code] ?? null);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

class TreeBuilder {
  readonly #source: Source;
  readonly #substitution: Substitution;
  readonly #report: Report;
  readonly #anchors = new Map<string, { node: Node; valueCount: number }>();
  #aliasCount = 0;
  #aliasedValueCount = 0;
  #valueCount = 0;

  constructor(source: Source, substitution: Substitution, report: Report) {
    this.#source = source;
    this.#substitution = substitution;
    this.#report = report;
  }

  build(yaml: unknown, depth: number): Node {
    if (isAlias(yaml)) return this.#resolveAlias(yaml);
    if (!isYamlNode(yaml)) return { ...this.#span(null), kind: 'scalar', value: null, substituted: null };
    const countBefore = this.#valueCount++;
    const span = this.#span(yaml.range);
    if (yaml.tag !== undefined && !CORE_TAG.test(yaml.tag)) {
      this.#report.error(span, `the tag \`${yaml.tag}\` is not supported`, 'Write the plain value.');
      return brokenAt(span);
    }
    if (depth > DEPTH_MAX) {
      this.#report.error(span, TOO_DEEP);
      return brokenAt(span);
    }
    const node = this.#buildUntagged(yaml, span, depth);
    if (node.kind === 'scalar' && typeof node.value === 'string') this.#valueCount += Math.floor(node.value.length / CHARS_PER_VALUE);
    if (yaml.anchor !== undefined) this.#anchors.set(yaml.anchor, { node, valueCount: this.#valueCount - countBefore });
    return node;
  }

  #buildUntagged(yaml: YamlNode, span: Span, depth: number): Node {
    if (isMap(yaml)) return this.#buildMap(yaml, span, depth);
    if (isScalar(yaml)) return this.#substitution.apply({ ...span, kind: 'scalar', value: yaml.value, substituted: null }, yaml.type === 'PLAIN');
    return { ...span, kind: 'list', items: yaml.items.map((item) => this.build(item, depth + 1)) };
  }

  #buildMap(yaml: YAMLMap, span: Span, depth: number): MapNode {
    const entries: MapNode['entries'] = new Map();
    for (const pair of yaml.items) {
      const key = this.#readKey(pair, span);
      if (key === null) continue;
      const earlier = entries.get(key.name);
      if (earlier !== undefined) {
        const { line } = this.#source.positionOf(earlier.key.start);
        this.#report.error(key.span, `\`${key.name}\` is given twice`, `The first one is in line ${line}.`);
        continue;
      }
      const value = pair.value === null ? emptyAt(key.span) : this.build(pair.value, depth + 1);
      entries.set(key.name, { key: key.span, value: isEmpty(value) ? emptyAt(key.span) : value });
    }
    return { ...span, kind: 'map', entries };
  }

  #readKey({ key }: Pair, map: Span): { name: string; span: Span } | null {
    const span = isYamlNode(key) ? this.#span(key.range) : map;
    // A status is written as a number (`404: …`), and is a name all the same.
    if (isScalar(key) && typeof key.value === 'number' && STATUS.test(key.source ?? '')) return { name: String(key.value), span };
    if (!isScalar(key) || typeof key.value !== 'string') {
      const quoted = isScalar(key) && key.value !== null ? `Write it in quotes: "${key.source ?? ''}".` : 'Keys are words, such as `host`.';
      this.#report.error(span, 'this key is not text', quoted);
      return null;
    }
    if (key.value === '<<') {
      this.#report.error(span, 'merge keys (`<<`) are not supported', 'Options shared by all routes belong in `defaults`.');
      return null;
    }
    if (key.value === '__proto__') {
      this.#report.error(span, 'the key `__proto__` is not allowed');
      return null;
    }
    return { name: key.value, span };
  }

  #resolveAlias(alias: Alias): Node {
    const span = this.#span(alias.range ?? null);
    const anchor = this.#anchors.get(alias.source);
    if (anchor === undefined) {
      this.#report.error(span, `nothing above is marked with the anchor \`&${alias.source}\``);
      return brokenAt(span);
    }
    this.#aliasCount++;
    this.#aliasedValueCount += anchor.valueCount;
    this.#valueCount += anchor.valueCount;
    if (this.#aliasCount <= ALIASES_MAX && this.#aliasedValueCount <= ALIASED_VALUES_MAX) return anchor.node;
    this.#report.error(span, `the aliases of this file stand for too much: ${ALIASES_MAX} aliases and ${ALIASED_VALUES_MAX} values are the limit`);
    throw new TooManyAliases();
  }

  #span(range: readonly number[] | null | undefined): Span {
    const start = range?.[0] ?? 0;
    return { source: this.#source, start, end: range?.[1] ?? start + 1 };
  }
}

/** Ends the walk at once: every further alias would only repeat the message. */
class TooManyAliases extends Error {}

/** What maps, lists and scalars of the parser have in common. */
type YamlNode = YAMLMap | YAMLSeq | Scalar;

function isYamlNode(value: unknown): value is YamlNode {
  return typeof value === 'object' && value !== null && 'range' in value;
}

function isEmpty(node: Node): boolean {
  return node.kind === 'scalar' && node.value === null && node.start === node.end;
}

function brokenAt(span: Span): Node {
  return { ...span, kind: 'scalar', value: null, substituted: null, isBroken: true };
}

/** `key:` without a value is shown at the key: there is nothing else to point at. */
function emptyAt(key: Span): Node {
  return { ...key, kind: 'scalar', value: null, substituted: null };
}
