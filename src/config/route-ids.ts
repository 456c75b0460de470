import type { Context } from './context.ts';
import { parseHostPattern } from './host-pattern.ts';
import type { RawRoute } from './schema/file.ts';
import { shown } from './tree.ts';

const ID_CHARS_MAX = 100;

/** Gives every route a unique, readable label: its name, or its first host and path. */
export class RouteIds {
  /** The line that claimed each name. */
  readonly #named = new Map<string, number>();
  readonly #given = new Set<string>();
  readonly #lastNumber = new Map<string, number>();

  /** Names go before labels made of host and path, wherever they stand in the file. */
  constructor(routes: readonly RawRoute[], context: Context) {
    for (const [index, route] of routes.entries()) {
      if (!context.isSound('routes', index)) continue;
      const { name } = route;
      if (typeof name !== 'string' || !context.isSound('routes', index, 'name')) continue;
      const node = context.at('routes', index, 'name');
      const earlier = this.#named.get(name);
      if (earlier === undefined) this.#named.set(name, node.source.positionOf(node.start).line);
      else context.report.error(node, `${shown(node)} is already the name of another route`, `It is taken in line ${earlier}.`);
    }
  }

  idOf(raw: RawRoute): string {
    if (raw.name !== undefined) return raw.name;
    const host = first(raw.host);
    const label = `${host === undefined ? '' : parseHostPattern(host)}${first(raw.path) ?? '/*'}`.slice(0, ID_CHARS_MAX);
    let id = label;
    for (let number = this.#lastNumber.get(label) ?? 1; this.#given.has(id) || this.#named.has(id); number++) {
      id = `${label} #${number + 1}`;
      this.#lastNumber.set(label, number + 1);
    }
    this.#given.add(id);
    return id;
  }
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
