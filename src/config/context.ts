import type { Report } from './report.ts';
import type { ReadFile } from './read-file.ts';
import { keyAt, type Node, nodeAt, type Span } from './tree.ts';

/** Whether the value at this path, and everything below it, is valid. */
export type IsSound = (...path: readonly (string | number)[]) => boolean;

/** What every part of the resolver needs: the places of values, where to report, how to read the files they name. */
export class Context {
  readonly report: Report;
  readonly isSound: IsSound;
  readonly readFile: ReadFile;
  readonly #root: Node;

  constructor(root: Node, validated: { readonly isSound: IsSound }, readFile: ReadFile, report: Report) {
    this.#root = root;
    this.isSound = validated.isSound;
    this.readFile = readFile;
    this.report = report;
  }

  /** The same for a part of the file: every path begins there. */
  within(...base: readonly (string | number)[]): Context {
    const isSound: IsSound = (...path) => this.isSound(...base, ...path);
    return new Context(this.at(...base), { isSound }, this.readFile, this.report);
  }

  /** The value at a path of keys and indexes. */
  at(...path: readonly (string | number)[]): Node {
    return nodeAt(this.#root, path);
  }

  /** The key at the end of a path. */
  key(...path: readonly (string | number)[]): Span {
    return keyAt(this.#root, path);
  }
}

/** A value that may be given once or as a list, as a list; with where each item stands below the path. */
export function listed<T>(value: T | readonly T[]): { readonly item: T; readonly steps: readonly number[] }[] {
  if (isList(value)) return value.map((item, index) => ({ item, steps: [index] }));
  return [{ item: value, steps: [] }];
}

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}
