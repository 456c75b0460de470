import { type TextCheck, type Violation, violationsOf } from '../lib/schema-check.ts';
import type { IsSound } from './context.ts';
import { explain } from './explain.ts';
import { prefixesOf, pathOf, pointerOf } from './pointer.ts';
import type { Report } from './report.ts';
import { fileSchema, type RawConfig } from './schema/file.ts';
import { literalOf } from './substitute.ts';
import { TEXT_KINDS, type TextKind } from './text-kind.ts';
import { type Node, nodeAt, plainOf } from './tree.ts';

/** The file as plain data, and which parts of it can be relied on to have the types of the schema. */
export interface Validated {
  readonly raw: RawConfig;
  readonly isSound: IsSound;
}

const KINDS: ReadonlyMap<string, TextKind> = new Map(Object.entries(TEXT_KINDS));

const isText: TextCheck = (kind, text) => {
  try {
    KINDS.get(kind)?.check(text);
    return null;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return error.message;
  }
};

/** Holds the file against the schema and reports every place where it does not fit. */
export function validate(root: Node, report: Report): Validated {
  let data = plainOf(root);
  let errors = violationsOf(fileSchema, data, isText);
  if (errors.length > 0 && reconsiderSubstituted(root, errors)) {
    data = plainOf(root);
    errors = violationsOf(fileSchema, data, isText);
  }
  explain(root, errors, report);
  const unsound = new Set(errors.flatMap(({ instancePath }) => prefixesOf(instancePath)));
  assumeTyped(data);
  return { raw: data, isSound: (...path) => !unsound.has(pointerOf(path)) };
}

/** The types hold only where `isSound` says so: whoever reads a part asks first. */
function assumeTyped(data: unknown): asserts data is RawConfig {
  void data;
}

/**
 * `"${PORT}"` in quotes is text and `${PIN}` without them may look like a number. Where the schema wants the
 * other, the value becomes that, so that quotes do not matter around a variable.
 *
 * @returns whether anything changed
 */
function reconsiderSubstituted(root: Node, errors: readonly Violation[]): boolean {
  const seen = new Set<Node>();
  let changed = false;
  for (const { instancePath, keyword } of errors) {
    if (keyword !== 'type' && keyword !== 'enum' && keyword !== 'const') continue;
    const node = nodeAt(root, pathOf(instancePath));
    if (node.kind !== 'scalar' || node.substituted === null || seen.has(node)) continue;
    seen.add(node);
    const { text } = node.substituted;
    const other = typeof node.value === 'string' ? literalOf(text) : text;
    changed ||= other !== node.value;
    node.value = other;
  }
  return changed;
}
