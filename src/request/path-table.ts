import type { RouteMatch } from '../config/route-match.ts';
import { literalBeginning } from '../config/specificity.ts';
import { RouteCandidate, type RouteQuestion } from './route-candidate.ts';

interface PathEntry<T> {
  readonly match: RouteMatch;
  readonly value: T;
}

/** Regular expressions whose beginnings are equally long, by that beginning without the path of their node. */
interface RegexGroup<T> {
  readonly length: number;
  readonly byText: Map<string, RouteCandidate<T>[]>;
}

/** A segment of a prefix. Its path is that of its parent, a slash, and its name there. */
interface Node<T> {
  readonly parent: Node<T> | null;
  readonly pathLength: number;
  readonly children: Map<string, Node<T>>;
  /** Those that begin with the path of this node and end it nowhere within the next segment, longest first. */
  readonly regexes: RegexGroup<T>[];
  /** Those whose literal beginning is the path of this node. */
  readonly candidates: RouteCandidate<T>[];
}

/**
 * The paths of one host. Exact paths are one map look-up; the rest hang in a tree of segments that is
 * walked down as far as the configuration goes, however long the path, and searched on the way back up:
 * the longest literal beginning first. Entries have to come most specific first.
 */
export class PathTable<T> {
  readonly #exact = new Map<string, RouteCandidate<T>[]>();
  readonly #root: Node<T> = createNode(null, 0);

  /** @throws {Error} for a pattern that is not RE2. */
  constructor(entries: readonly PathEntry<T>[]) {
    // All nodes first: a regex also goes where a prefix equal to its beginning made one.
    for (const { match } of entries) this.#grow(match);
    for (const { match, value } of entries) this.#add(match, new RouteCandidate(match, value));
  }

  find(question: RouteQuestion): RouteCandidate<T> | null {
    const exact = firstOf(this.#exact.get(question.path), question);
    if (exact !== null) return exact;
    for (let node: Node<T> | null = this.#deepest(question.path); node !== null; node = node.parent) {
      for (const { length, byText } of node.regexes) {
        const regex = firstOf(byText.get(question.path.slice(node.pathLength, length)), question);
        if (regex !== null) return regex;
      }
      const candidate = firstOf(node.candidates, question);
      if (candidate !== null) return candidate;
    }
    return null;
  }

  #grow({ path }: RouteMatch): void {
    if (path.kind === 'exact') return;
    const beginning = literalBeginning(path);
    let node = this.#root;
    for (const segment of segmentsOf(path.kind === 'regex' ? wholeSegments(beginning) : beginning)) {
      const child = node.children.get(segment) ?? createNode(node, node.pathLength + 1 + segment.length);
      node.children.set(segment, child);
      node = child;
    }
  }

  #add({ path }: RouteMatch, candidate: RouteCandidate<T>): void {
    const beginning = literalBeginning(path);
    if (path.kind === 'exact') {
      append(this.#exact, path.path, candidate);
      return;
    }
    const node = this.#nodeOf(beginning);
    node?.candidates.push(candidate);
    if (path.kind !== 'regex' || beginning === '') return;
    // `^/users` matches `/usersx` as well, which does not lead to the node `/users`; so it hangs above it too.
    const above = this.#nodeOf(wholeSegments(beginning));
    if (above === null) return;
    let group = above.regexes.find(({ length }) => length === beginning.length);
    if (group === undefined) {
      group = { length: beginning.length, byText: new Map() };
      above.regexes.push(group);
      above.regexes.sort((a, b) => b.length - a.length);
    }
    append(group.byText, beginning.slice(above.pathLength), candidate);
  }

  #nodeOf(path: string): Node<T> | null {
    let node: Node<T> | undefined = this.#root;
    for (const segment of segmentsOf(path)) node = node?.children.get(segment);
    return node ?? null;
  }

  #deepest(path: string): Node<T> {
    let node = this.#root;
    let start = 1;
    while (node.children.size > 0 && start < path.length) {
      const slash = path.indexOf('/', start);
      const child = node.children.get(slash === -1 ? path.slice(start) : path.slice(start, slash));
      if (child === undefined) break;
      node = child;
      if (slash === -1) break;
      start = slash + 1;
    }
    return node;
  }
}

function firstOf<T>(candidates: readonly RouteCandidate<T>[] | undefined, question: RouteQuestion): RouteCandidate<T> | null {
  if (candidates === undefined) return null;
  for (const candidate of candidates) if (candidate.answers(question)) return candidate;
  return null;
}

function createNode<T>(parent: Node<T> | null, pathLength: number): Node<T> {
  return { parent, pathLength, children: new Map(), regexes: [], candidates: [] };
}

/** `/users` of `/users/a` and of `/users/`: what precedes the last slash. */
function wholeSegments(beginning: string): string {
  return beginning.slice(0, Math.max(beginning.lastIndexOf('/'), 0));
}

function segmentsOf(path: string): string[] {
  return path.split('/').slice(1);
}

function append<T>(lists: Map<string, RouteCandidate<T>[]>, key: string, candidate: RouteCandidate<T>): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [candidate]);
  else list.push(candidate);
}
