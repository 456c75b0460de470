import type { Source } from './source.ts';

/** A piece of a file, as offsets into its text. */
export interface Span {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

/** A value of the file with its place; maps and lists hold further nodes. */
export type Node = MapNode | ListNode | ScalarNode;

export interface MapNode extends Span {
  readonly kind: 'map';
  readonly entries: Map<string, MapEntry>;
}

interface MapEntry {
  readonly key: Span;
  readonly value: Node;
}

export interface ListNode extends Span {
  readonly kind: 'list';
  readonly items: Node[];
}

/** What came from outside of the file: the whole value, and what it is called. */
interface SubstitutedValue {
  readonly text: string;
  readonly label: string;
  /** Where only parts of the value came from outside: each of them. */
  readonly parts?: readonly { readonly text: string; readonly label: string }[];
}

export interface ScalarNode extends Span {
  readonly kind: 'scalar';
  value: unknown;
  /** The text that was put in from outside, and what stands for it in messages; null where nothing was. */
  readonly substituted: SubstitutedValue | null;
  /** The value is unknown and the reason has been reported, so nothing more is said about it. */
  readonly isBroken?: true;
}

/** Plain data of a node, as the schema validates it. */
export function plainOf(node: Node): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map((item) => plainOf(item));
  const plain: Record<string, unknown> = {};
  for (const [key, entry] of node.entries) plain[key] = plainOf(entry.value);
  return plain;
}

/** The node at a path of keys and indexes; where the path leads beyond the file, the last node on the way. */
export function nodeAt(root: Node, path: readonly (string | number)[]): Node {
  let node = root;
  for (const step of path) {
    const next = childOf(node, step);
    if (next === undefined) return node;
    node = next;
  }
  return node;
}

/** Where the key at the end of the path stands; for an item of a list, or a key that is not there, the value. */
export function keyAt(root: Node, path: readonly (string | number)[]): Span {
  const parent = nodeAt(root, path.slice(0, -1));
  const last = path.at(-1);
  const entry = parent.kind === 'map' && last !== undefined ? parent.entries.get(String(last)) : undefined;
  return entry?.key ?? nodeAt(root, path);
}

export function childOf(node: Node, step: string | number): Node | undefined {
  if (node.kind === 'map') return node.entries.get(String(step))?.value;
  return node.kind === 'list' ? node.items[Number(step)] : undefined;
}

/** A value as a message may show it: what came from the environment or a secret file is named, never shown. */
export function shown(node: Node): string {
  if (node.kind === 'map') return 'this';
  if (node.kind === 'list') return 'this list';
  if (node.substituted !== null) return `the value of ${node.substituted.label}`;
  const text = String(node.value);
  return `\`${text.length > 80 ? `${text.slice(0, 80)}…` : text}\``;
}

/** True where the value, or any part of it, came from the environment or a secret file. */
export function isSubstituted(node: Node): boolean {
  if (node.kind === 'scalar') return node.substituted !== null;
  if (node.kind === 'list') return node.items.some((item) => isSubstituted(item));
  return [...node.entries.values()].some((entry) => isSubstituted(entry.value));
}
