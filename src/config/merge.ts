import type { Report } from './report.ts';
import type { ListNode, MapNode, Node, Span } from './tree.ts';

/**
 * Joins the files of a directory: `upstreams` and `routes` add up in the order of the files, every other key
 * of the top level may stand in one file only. Null where there is nothing to join.
 */
export function mergeFiles(roots: readonly Node[], report: Report): Node | null {
  const [first] = roots;
  if (first === undefined || roots.length === 1) return first ?? null;
  const entries: MapNode['entries'] = new Map();
  for (const root of roots) {
    if (root.kind === 'map') mergeInto(entries, root, report);
    else report.error({ ...root, end: Math.min(root.end, root.start + 1) }, 'the file must be a set of options');
  }
  return { kind: 'map', source: first.source, start: first.start, end: Math.min(first.end, first.start + 1), entries };
}

function mergeInto(entries: MapNode['entries'], root: MapNode, report: Report): void {
  for (const [name, { key, value }] of root.entries) {
    const earlier = entries.get(name);
    if (earlier === undefined) {
      entries.set(name, { key, value: copyOf(value) });
    } else if (name === 'routes' && earlier.value.kind === 'list' && value.kind === 'list') {
      earlier.value.items.push(...value.items);
    } else if (name === 'upstreams' && earlier.value.kind === 'map' && value.kind === 'map') {
      addUpstreams(earlier.value, value, report);
    } else {
      report.error(key, `\`${name}\` is given in two files`, `The other one is ${placeOf(earlier.key)}.`);
    }
  }
}

function addUpstreams(into: MapNode, from: MapNode, report: Report): void {
  for (const [name, entry] of from.entries) {
    const earlier = into.entries.get(name);
    if (earlier === undefined) into.entries.set(name, entry);
    else report.error(entry.key, `the upstream \`${name}\` is given twice`, `The other one is ${placeOf(earlier.key)}.`);
  }
}

/** An alias may share the node, so what is added to goes into a copy. */
function copyOf(node: Node): Node {
  if (node.kind === 'map') return { ...node, entries: new Map(node.entries) };
  return node.kind === 'list' ? ({ ...node, items: [...node.items] } satisfies ListNode) : node;
}

function placeOf({ source, start }: Span): string {
  return `${source.file}:${source.positionOf(start).line}`;
}
