import { closest } from '../lib/closest.ts';
import type { UpstreamConfig } from './upstream-config.ts';
import type { Context } from './context.ts';
import { type RawTimeouts, resolveUpstream } from './resolve-upstream.ts';
import type { RawUpstream } from './schema/file.ts';
import { shown } from './tree.ts';

/** Each looks at every name, which would take long where thousands of routes are wrong. */
const SUGGESTIONS_MAX = 100;

export interface FoundUpstream {
  readonly name: string;
  /** As the file has it; null for an anonymous upstream, and where it is not valid. */
  readonly raw: RawUpstream | null;
}

/** The upstreams of the file by name, and those that routes name by their target. */
export class UpstreamDirectory {
  readonly #raw: Readonly<Record<string, RawUpstream>>;
  readonly #defaults: RawTimeouts | undefined;
  readonly #anonymous = new Map<string, UpstreamConfig>();
  readonly #used = new Set<string>();
  #suggestionsLeft = SUGGESTIONS_MAX;

  constructor(raw: Readonly<Record<string, RawUpstream>>, defaults: RawTimeouts | undefined) {
    this.#raw = raw;
    this.#defaults = defaults;
  }

  /** What the `upstream` of a route means; null, and an error at its place, where it means nothing. */
  find(reference: string, routeIndex: number, context: Context): FoundUpstream | null {
    if (reference.includes(':')) {
      if (!this.#anonymous.has(reference)) {
        const place = context.within('routes', routeIndex, 'upstream');
        this.#anonymous.set(reference, resolveUpstream(reference, reference, this.#defaults, place));
      }
      return { name: reference, raw: null };
    }
    this.#used.add(reference);
    if (Object.hasOwn(this.#raw, reference)) {
      const raw = this.#raw[reference];
      return { name: reference, raw: raw !== undefined && context.isSound('upstreams', reference) ? raw : null };
    }
    const meant = this.#suggestionsLeft-- > 0 ? closest(reference, Object.keys(this.#raw)) : null;
    const node = context.at('routes', routeIndex, 'upstream');
    const hint = meant === null ? 'Add it under `upstreams`, or write a target such as `api:8000`.' : `Did you mean \`${meant}\`?`;
    context.report.error(node, `there is no upstream ${shown(node)}`, hint);
    return null;
  }

  /** All upstreams, in the order of the file, then the anonymous ones. Warns of those that no route uses. */
  resolveAll(context: Context): UpstreamConfig[] {
    const resolved: UpstreamConfig[] = [];
    for (const [name, raw] of Object.entries(this.#raw)) {
      if (!context.isSound('upstreams', name)) continue;
      resolved.push(resolveUpstream(name, raw, this.#defaults, context.within('upstreams', name)));
      if (context.report.errorCount === 0 && !this.#used.has(name)) context.report.warning(context.key('upstreams', name), `no route uses the upstream \`${name}\``);
    }
    return [...resolved, ...this.#anonymous.values()];
  }
}
