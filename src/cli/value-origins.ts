import { configValues, type ReadValue, routeLayers } from '../admin/config-values.ts';
import type { LoadedConfig } from '../config/load.ts';
import { childOf, type Node, nodeAt, type ScalarNode } from '../config/tree.ts';

/** A value in force, where it was said, and by whom. */
export interface OriginValue {
  /** Below what was asked for: `limits[0]`; '' for that itself. */
  readonly path: string;
  /** Secrets are named or masked. */
  readonly value: string | number | boolean | null;
  /** `gateway.yaml:12`; `default`: nobody has said it. */
  readonly from: string;
  /** `defaults`, `set NAME`, `upstream NAME`, `route`; null: it stands by itself, or nobody has said it. */
  readonly layer: string | null;
}

/** A text that came from outside of the file, and what stands for it. */
export interface SubstitutedText {
  readonly text: string;
  readonly label: string;
}

/** What is known of the values of a configuration: where each comes from. */
export class ValueOrigins {
  readonly #root: Node;
  readonly #values: readonly ReadValue[];

  constructor({ root, config }: Pick<LoadedConfig, 'root' | 'config'>) {
    this.#root = root;
    this.#values = [...configValues(root, config.routes.map(({ id }) => id), true)];
  }

  /** Values of a section: `listen`, `upstreams.api`. */
  under(section: string): OriginValue[] {
    return this.#pick(section, new Map());
  }

  /** Values of a route, its policies among them. @param index of the route. */
  ofRoute(index: number, id: string): OriginValue[] {
    return this.#pick(`routes[${JSON.stringify(id)}]`, this.#layersOf(index));
  }

  /** Where a part of the file begins: `gateway.yaml:12`; null where there is no such part. */
  placeOf(...path: readonly (string | number)[]): string | null {
    const parent = nodeAt(this.#root, path.slice(0, -1));
    const last = path.at(-1);
    const node = last === undefined ? this.#root : childOf(parent, last);
    return node === undefined ? null : `${node.source.file}:${node.source.positionOf(node.start).line}`;
  }

  /** Everything that came from the environment or a secret file, and each part of a value that did. */
  substituted(): SubstitutedText[] {
    return scalarsIn(this.#root).flatMap(({ substituted }) => (substituted === null ? [] : [{ text: substituted.text, label: substituted.label }, ...(substituted.parts ?? [])]));
  }

  #pick(prefix: string, layers: ReadonlyMap<Node, string>): OriginValue[] {
    return this.#values.flatMap(({ path, value, from, node }): OriginValue[] => {
      if (!path.startsWith(prefix) || !/^(?:$|[.[])/.test(path.slice(prefix.length))) return [];
      return [{ path: path.slice(prefix.length).replace(/^\./, ''), value, from, layer: node === null ? null : (layers.get(node) ?? null) }];
    });
  }

  /** By value; one that several layers share by an alias is that of the most specific one, which counts. */
  #layersOf(index: number): Map<Node, string> {
    const route = nodeAt(this.#root, ['routes', index]);
    const layers = new Map<Node, string>();
    if (route.kind !== 'map') return layers;
    for (const { name, node } of routeLayers(this.#root, route)) for (const scalar of scalarsIn(node)) layers.set(scalar, name);
    return layers;
  }
}

function scalarsIn(node: Node): ScalarNode[] {
  if (node.kind === 'scalar') return [node];
  return (node.kind === 'list' ? node.items : Array.from(node.entries.values(), ({ value }) => value)).flatMap((child) => scalarsIn(child));
}
