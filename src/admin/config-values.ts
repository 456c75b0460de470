import { POLICY_KINDS } from '../config/policies/policy-kinds.ts';
import type { PolicyKind } from '../config/policies/policy-kind.ts';
import { mergeLayers } from '../config/policies/merge-layers.ts';
import { fileSchema } from '../config/schema/file.ts';
import { childOf, type MapNode, type Node, plainOf, type ScalarNode } from '../config/tree.ts';
import { shownValue } from './shown-value.ts';

/** One value of the configuration in force. */
export interface ConfigValue {
  /** `routes["app.example.com/*"].timeouts.response`. Routes go by their id, everything else as in the file. */
  readonly path: string;
  /** Secrets are named or masked. */
  readonly value: string | number | boolean | null;
  /** `gateway.yaml:12`, where it was said; `default`: nowhere. */
  readonly from: string;
}

/** With what was read, to be compared and never to be shown. */
export interface ReadValue extends ConfigValue {
  readonly read: unknown;
  /** Null: nobody has said it. */
  readonly node: ScalarNode | null;
}

/** Sections that are in force with their defaults where the file does not name them. */
const ALWAYS_THERE: ReadonlySet<string> = new Set(['listen', 'listen.limits', 'listen.timeouts', 'log', 'metrics', 'routes.timeouts']);

/** Without a meaning in a route that forwards nothing. */
const FORWARD_ONLY: ReadonlySet<string> = new Set(['timeouts', 'hostHeader', 'streams', 'tunnels']);

const POLICIES: ReadonlyMap<string, PolicyKind> = new Map(Object.entries<PolicyKind>(POLICY_KINDS));

interface Schema {
  readonly default?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly required?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
}

const FILE = readable(fileSchema);

/**
 * Every value in force with its place. A route has what it says itself and what it takes from `defaults` and sets, each
 * with the place where it was said.
 * @param routeIds in the order of the file. @param withDefaults with what nobody has said, too.
 */
export function* configValues(root: Node, routeIds: readonly string[], withDefaults: boolean): Generator<ReadValue> {
  if (root.kind !== 'map') return;
  const walk = new Walk(withDefaults);
  for (const [key, { value }] of root.entries) {
    if (key !== 'routes' || value.kind !== 'list') {
      yield* walk.node([key], key, value, FILE.properties?.[key]);
      continue;
    }
    for (const [index, route] of value.items.entries()) {
      const path = `routes[${JSON.stringify(routeIds[index] ?? String(index))}]`;
      yield* walk.node(['routes'], path, effective(root, route), FILE.properties?.['routes']?.items);
    }
  }
  yield* walk.defaults([], '', FILE, root.entries);
}

class Walk {
  readonly #withDefaults: boolean;

  constructor(withDefaults: boolean) {
    this.#withDefaults = withDefaults;
  }

  *node(keys: readonly string[], path: string, node: Node, schema: Schema | undefined): Generator<ReadValue> {
    if (node.kind === 'scalar') yield valueOf(keys, path, node);
    else if (node.kind === 'list') {
      for (const [index, item] of node.items.entries()) yield* this.node(keys, `${path}[${index}]`, item, itemOf(schema));
    } else {
      const options = optionsOf(schema);
      const other = Object.values(options?.patternProperties ?? {})[0];
      for (const [key, { value }] of node.entries) yield* this.node([...keys, key], `${path}.${key}`, value, options?.properties?.[key] ?? other);
      if (keys[0] !== 'defaults' && keys[0] !== 'policies') yield* this.defaults(keys, path, options, node.entries);
    }
  }

  /** What a set of options does not say. */
  *defaults(keys: readonly string[], path: string, schema: Schema | undefined, said: ReadonlyMap<string, unknown>): Generator<ReadValue> {
    if (!this.#withDefaults) return;
    const isIdle = keys[0] === 'routes' && keys.length === 1 && !said.has('upstream');
    for (const [key, option] of Object.entries(schema?.properties ?? {})) {
      if (said.has(key) || (isIdle && FORWARD_ONLY.has(key))) continue;
      const here = path === '' ? key : `${path}.${key}`;
      const value = option.default;
      if (isPlain(value)) yield { path: here, value, from: 'default', read: value, node: null };
      else if (value === undefined && ALWAYS_THERE.has([...keys, key].join('.'))) yield* this.defaults([...keys, key], here, option, new Map());
    }
  }
}

/** Who says something about a route. */
interface RouteLayer {
  /** `defaults`, `set NAME`, `upstream NAME`, `route`. */
  readonly name: string;
  readonly node: Node;
}

/** Those of one route, the least specific first: `defaults`, the sets it uses, the timeouts of its upstream, itself. */
export function routeLayers(root: Node, route: MapNode): RouteLayer[] {
  const defaults = childOf(root, 'defaults');
  const sets = childOf(root, 'policies');
  const used = namesIn(childOf(route, 'use')).flatMap((name): RouteLayer[] => {
    const node = sets === undefined ? undefined : childOf(sets, name);
    return node === undefined ? [] : [{ name: `set ${name}`, node }];
  });
  return [...(defaults === undefined ? [] : [{ name: 'defaults', node: defaults }]), ...used, ...upstreamLayer(root, route), { name: 'route', node: route }];
}

/** Of an upstream, its timeouts are said of the routes that forward to it. */
function upstreamLayer(root: Node, route: MapNode): RouteLayer[] {
  const [name] = namesIn(childOf(route, 'upstream'));
  const upstreams = childOf(root, 'upstreams');
  const upstream = name !== undefined && upstreams !== undefined ? childOf(upstreams, name) : undefined;
  const timeouts = upstream?.kind === 'map' ? upstream.entries.get('timeouts') : undefined;
  if (upstream === undefined || timeouts === undefined) return [];
  const { source, start, end } = upstream;
  return [{ name: `upstream ${name ?? ''}`, node: { kind: 'map', source, start, end, entries: new Map([['timeouts', timeouts]]) } }];
}

/** A route put together of its layers. */
function effective(root: Node, route: Node): Node {
  if (route.kind !== 'map') return route;
  const layers = routeLayers(root, route).map(({ node }) => node);
  const keys = new Set(layers.flatMap((layer) => (layer.kind === 'map' ? [...layer.entries.keys()] : [])));
  const entries: MapNode['entries'] = new Map();
  for (const key of keys) {
    const said = layers.flatMap((layer) => childOf(layer, key) ?? []);
    const last = said.at(-1);
    if (last === undefined) continue;
    const kind = POLICIES.get(key);
    const isJoined = kind !== undefined || key === 'timeouts';
    const value = isJoined ? (mergeLayers(said, kind?.shorthand ?? null, kind?.join) ?? last) : last;
    entries.set(key, { key: value, value });
  }
  return { ...route, entries };
}

function namesIn(node: Node | undefined): string[] {
  const value = node === undefined ? [] : plainOf(node);
  return [value].flat().map(String);
}

function valueOf(keys: readonly string[], path: string, node: ScalarNode): ReadValue {
  const { line } = node.source.positionOf(node.start);
  return { path, value: shownValue(keys, node), from: `${node.source.file}:${line}`, read: node.value, node };
}

/** The form of a value that is a set of options. */
function optionsOf(schema: Schema | undefined): Schema | undefined {
  if (schema?.anyOf === undefined) return schema;
  return schema.anyOf.map((branch) => optionsOf(branch)).find((branch) => branch?.properties !== undefined || branch?.patternProperties !== undefined);
}

function itemOf(schema: Schema | undefined): Schema | undefined {
  return schema?.items ?? schema?.anyOf?.map((branch) => itemOf(branch)).find((item) => item !== undefined);
}

/** A schema is plain data, whatever its types say beside that. */
function readable(schema: object): Schema {
  return schema;
}

function isPlain(value: unknown): value is string | number | boolean {
  return (typeof value === 'string' && value !== '') || typeof value === 'number' || typeof value === 'boolean';
}
