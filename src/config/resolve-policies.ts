import { closest } from '../lib/closest.ts';
import { Context, listed } from './context.ts';
import { mergeLayers } from './policies/merge-layers.ts';
import type { PolicyKind } from './policies/policy-kind.ts';
import { POLICY_KINDS, type PolicySettings } from './policies/policy-kinds.ts';
import { Report } from './report.ts';
import type { RawConfig } from './schema/file.ts';
import { childOf, type MapNode, type Node, plainOf, shown } from './tree.ts';

type Path = readonly (string | number)[];

interface Resolved {
  readonly settings: object | null;
  /** Rooted at the options put together. */
  readonly place: Context;
}

/** Policies that say how any answer looks, be it to a request of no route: a page of another origin has to see its 404, too. */
const ABOUT_ANSWERS: ReadonlySet<string> = new Set(['headers', 'errorPages', 'cors']);
/** Each look at every name takes its time, and a file may have thousands of wrong ones. */
const SUGGESTIONS_MAX = 100;

/** What each route says of its policies, with what it takes from `defaults` and from sets (`use`). */
export class PolicyResolver {
  readonly #context: Context;
  readonly #sets: ReadonlySet<string>;
  readonly #unused: Set<string>;
  /** By policy and layers: what many routes have in common is one object, here and in the workers. */
  readonly #known = new Map<string, Resolved>();
  readonly #numbers = new Map<Node, number>();
  #suggestionsLeft = SUGGESTIONS_MAX;

  constructor(raw: RawConfig, context: Context) {
    this.#context = context;
    this.#sets = new Set(isObject(raw.policies) ? Object.keys(raw.policies) : []);
    this.#unused = new Set(this.#sets);
  }

  /** @param use names of sets, a later one before an earlier one. */
  ofRoute(index: number, use: string | readonly string[] | undefined): PolicySettings {
    const sets = use === undefined || !this.#context.isSound('routes', index, 'use') ? [] : this.#setsOf(use, index);
    return this.#checked(this.#resolve([['defaults'], ...sets.map((name) => ['policies', name]), ['routes', index]]));
  }

  /**
   * For answers that belong to no route. Whatever is about requests stays out. What is not complete in `defaults` alone, because
   * each route says the rest, is off, and no mistake.
   */
  ofNoRoute(): PolicySettings {
    const { readFile } = this.#context;
    const resolved = new Map<string, Resolved>();
    for (const [name, kind] of Object.entries<PolicyKind>(POLICY_KINDS)) {
      if (!ABOUT_ANSWERS.has(name)) continue;
      const report = new Report();
      const found = this.#resolveOne(name, kind, [['defaults']], (merged) => new Context(merged, { isSound: () => true }, readFile, report));
      if (found !== null && report.errorCount === 0) resolved.set(name, found);
    }
    return settingsOf(resolved);
  }

  reportUnused(): void {
    for (const name of this.#unused) this.#context.report.warning(this.#context.key('policies', name), `no route uses the set \`${name}\``);
  }

  #setsOf(use: string | readonly string[], index: number): string[] {
    return listed(use).flatMap(({ item, steps }) => {
      this.#unused.delete(item);
      if (this.#sets.has(item)) return [item];
      const node = this.#context.at('routes', index, 'use', ...steps);
      const meant = this.#suggestionsLeft-- > 0 ? closest(item, [...this.#sets]) : null;
      this.#context.report.error(node, `there is no set ${shown(node)}`, meant === null ? 'Add it under `policies`.' : `Did you mean \`${meant}\`?`);
      return [];
    });
  }

  #resolve(layers: readonly Path[]): ReadonlyMap<string, Resolved> {
    const { readFile, report } = this.#context;
    const resolved = new Map<string, Resolved>();
    for (const [name, kind] of Object.entries<PolicyKind>(POLICY_KINDS)) {
      const found = this.#resolveOne(name, kind, layers, (merged) => new Context(merged, { isSound: () => true }, readFile, report));
      if (found !== null) resolved.set(name, found);
    }
    return resolved;
  }

  #checked(resolved: ReadonlyMap<string, Resolved>): PolicySettings {
    const all = settingsOf(resolved);
    for (const [name, { settings, place }] of resolved) {
      if (settings !== null) kindOf(name)?.checkBeside?.(settings, all, place);
    }
    return all;
  }

  #resolveOne(name: string, kind: PolicyKind, layers: readonly Path[], placeOf: (merged: Node) => Context): Resolved | null {
    const nodes: Node[] = [];
    let isSound = true;
    for (const layer of layers) {
      const node = this.#nodeOf([...layer, name]);
      if (node === null) continue;
      nodes.push(node);
      isSound &&= this.#context.isSound(...layer, name);
    }
    const key = [name, ...nodes.map((node) => this.#numberOf(node))].join(' ');
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const merged = nodes.length === 0 && kind.always ? emptyAt(this.#context.at()) : mergeLayers(nodes, kind.shorthand, kind.join);
    if (merged === null || !isSound) return null;
    const place = placeOf(merged);
    const found = { settings: kind.resolve(plainOf(merged), place), place };
    this.#known.set(key, found);
    return found;
  }

  /** Null where the path leads nowhere. */
  #nodeOf(path: Path): Node | null {
    let node: Node | undefined = this.#context.at();
    for (const step of path) node = node === undefined ? undefined : childOf(node, step);
    return node ?? null;
  }

  #numberOf(node: Node): number {
    const number = this.#numbers.get(node) ?? this.#numbers.size;
    this.#numbers.set(node, number);
    return number;
  }
}

function settingsOf(resolved: ReadonlyMap<string, Resolved>): PolicySettings {
  const all = Object.fromEntries(Object.keys(POLICY_KINDS).map((name) => [name, resolved.get(name)?.settings ?? null]));
  assumeComplete(all);
  return all;
}

function kindOf(name: string): PolicyKind | undefined {
  return Object.entries<PolicyKind>(POLICY_KINDS).find(([key]) => key === name)?.[1];
}

function emptyAt({ source, start }: Node): MapNode {
  return { kind: 'map', source, start, end: start + 1, entries: new Map() };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Every kind has been gone through. */
function assumeComplete(settings: unknown): asserts settings is PolicySettings {
  void settings;
}
