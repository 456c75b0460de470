import type { Node } from '../config/tree.ts';
import { configValues, type ConfigValue } from './config-values.ts';
import { differingPairs } from './value-pairs.ts';

/** What came of watching a generation after its reload. */
export interface GenerationVerdict {
  /** `none`: it was not watched. `watched`: it still is. `replaced`: another came first. `stuck`: it is worse, and what was there before could not come back. */
  readonly outcome: 'none' | 'watched' | 'kept' | 'rolled_back' | 'replaced' | 'stuck';
  /** What was worse; '' where nothing was. */
  readonly reason: string;
}

/** A generation that was in force, or is. Plain data. */
export interface GenerationRecord {
  readonly generation: number;
  /** When it came into force, ISO 8601. */
  readonly at: string;
  /** How long the start or the reload took. */
  readonly ms: number;
  readonly verdict: GenerationVerdict;
  /** Against the one before. Secrets are named or masked: two that look the same are two secrets all the same. */
  readonly changes: readonly ConfigChange[];
  /** Changes beyond those listed. */
  readonly moreChanges: number;
}

interface ConfigChange {
  readonly path: string;
  /** Null: it was not there. */
  readonly before: ConfigValue['value'];
  /** Null: it is not there any more. */
  readonly after: ConfigValue['value'];
  /** Where the file says it, or said it. */
  readonly from: string;
}

/** A configuration as it was read. */
interface ReadConfig {
  readonly root: Node;
  readonly routeIds: readonly string[];
}

const RECORDS_MAX = 50;
const CHANGES_MAX = 100;

/** The last 50 generations, and what each has changed. */
export class GenerationHistory {
  #records: readonly GenerationRecord[] = [];
  #inForce: ReadConfig | null = null;

  /** The youngest first. */
  get records(): readonly GenerationRecord[] {
    return this.#records;
  }

  /** The configuration in force; null before the first. */
  get inForce(): ReadConfig | null {
    return this.#inForce;
  }

  /** @param isWatched a verdict is to follow. */
  add({ generation, ms, isWatched }: { readonly generation: number; readonly ms: number; readonly isWatched: boolean }, atMs: number, config: ReadConfig): void {
    const changes = this.#inForce === null ? [] : changesBetween(this.#inForce, config);
    this.#inForce = config;
    const moreChanges = Math.max(changes.length - CHANGES_MAX, 0);
    const verdict: GenerationVerdict = { outcome: isWatched ? 'watched' : 'none', reason: '' };
    const record = { generation, at: new Date(atMs).toISOString(), ms, verdict, changes: changes.slice(0, CHANGES_MAX), moreChanges };
    this.#records = [record, ...this.#records].slice(0, RECORDS_MAX);
  }

  judge(generation: number, verdict: GenerationVerdict): void {
    this.#records = this.#records.map((record) => (record.generation === generation ? { ...record, verdict } : record));
  }
}

function changesBetween(before: ReadConfig, after: ReadConfig): ConfigChange[] {
  const pairs = differingPairs(configValues(before.root, before.routeIds, false), configValues(after.root, after.routeIds, false), (was, is) => was.read === is.read);
  return pairs.map(({ path, before: was, after: is }) => ({ path, before: was?.value ?? null, after: is?.value ?? null, from: (is ?? was)?.from ?? '' }));
}
