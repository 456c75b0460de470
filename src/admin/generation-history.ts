import type { Node } from '../config/tree.ts';
import { configValues, type ConfigValue } from './config-values.ts';

/** A generation that was in force, or is. Plain data. */
export interface GenerationRecord {
  readonly generation: number;
  /** When it came into force, ISO 8601. */
  readonly at: string;
  /** How long the start or the reload took. */
  readonly ms: number;
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

  add(generation: number, atMs: number, ms: number, config: ReadConfig): void {
    const changes = this.#inForce === null ? [] : changesBetween(this.#inForce, config);
    this.#inForce = config;
    const moreChanges = Math.max(changes.length - CHANGES_MAX, 0);
    const record = { generation, at: new Date(atMs).toISOString(), ms, changes: changes.slice(0, CHANGES_MAX), moreChanges };
    this.#records = [record, ...this.#records].slice(0, RECORDS_MAX);
  }
}

function changesBetween(before: ReadConfig, after: ReadConfig): ConfigChange[] {
  const old = new Map([...configValues(before.root, before.routeIds, false)].map((value) => [value.path, value]));
  const changes: ConfigChange[] = [];
  for (const { path, value, from, read } of configValues(after.root, after.routeIds, false)) {
    const was = old.get(path);
    old.delete(path);
    if (was === undefined || was.read !== read) changes.push({ path, before: was?.value ?? null, after: value, from });
  }
  for (const { path, value, from } of old.values()) changes.push({ path, before: value, after: null, from });
  return changes;
}
