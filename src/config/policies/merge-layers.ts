import type { MapNode, Node } from '../tree.ts';

/** What a layer and a more specific one, `above`, say together. */
export type LayerJoin = (below: MapNode, above: MapNode) => MapNode;

/**
 * Puts together what several layers say of one policy, the least specific first: maps are joined key by key at
 * every depth, everything else is replaced, `off` forgets what was said before. Every value keeps its place.
 * @param shorthand the option that a value which is no map stands for.
 * @param join puts a layer and a more specific one together, where that is more than key by key.
 * @returns null where the policy is off.
 */
export function mergeLayers(layers: readonly Node[], shorthand: string | null, join: LayerJoin = joinMaps): MapNode | null {
  let merged: MapNode | null = null;
  for (const layer of layers) {
    const longhand = longhandOf(layer, shorthand);
    merged = longhand === null || merged === null ? longhand : join(merged, longhand);
  }
  return merged;
}

function longhandOf(node: Node, shorthand: string | null): MapNode | null {
  if (node.kind === 'map') return node;
  const value = node.kind === 'scalar' ? node.value : null;
  if (value === 'off' || value === false) return null;
  const entries: MapNode['entries'] = new Map();
  if (value !== true && shorthand !== null) entries.set(shorthand, { key: node, value: node });
  return { kind: 'map', source: node.source, start: node.start, end: node.end, entries };
}

/** Key by key; what `above` says counts. */
export function joinMaps(below: MapNode, above: MapNode): MapNode {
  const entries = new Map(below.entries);
  for (const [name, entry] of above.entries) {
    const before = entries.get(name);
    const both = before !== undefined && before.value.kind === 'map' && entry.value.kind === 'map';
    entries.set(name, both ? { key: entry.key, value: joinMaps(before.value, entry.value) } : entry);
  }
  return { ...above, entries };
}
