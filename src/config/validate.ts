import { Ajv, type SchemaValidateFunction } from 'ajv';
import type { IsSound } from './context.ts';
import { explain } from './explain.ts';
import { prefixesOf, pathOf, pointerOf } from './pointer.ts';
import type { Report } from './report.ts';
import { fileSchema, type RawConfig } from './schema/file.ts';
import { withSharedParts } from './shared-parts.ts';
import { literalOf } from './substitute.ts';
import { TEXT_KINDS, type TextKindName } from './text-kind.ts';
import { type Node, nodeAt, plainOf } from './tree.ts';
import type { Violation } from './violation.ts';

/** The file as plain data, and which parts of it can be relied on to have the types of the schema. */
export interface Validated {
  readonly raw: RawConfig;
  readonly isSound: IsSound;
}

const checkText: SchemaValidateFunction = (kind: TextKindName, text: string, parentSchema) => {
  try {
    TEXT_KINDS[kind].check(text);
    return true;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    checkText.errors = [{ keyword: 'text', message: error.message, params: { text }, ...(parentSchema === undefined ? {} : { parentSchema }) }];
    return false;
  }
};

// Checks that are run a few times need no polish: without it and with shared parts, a start takes half a second and 70 MB less.
const ajv = new Ajv({ allErrors: true, verbose: true, strict: true, allowUnionTypes: true, inlineRefs: false, code: { optimize: false } });
ajv.addKeyword({ keyword: 'text', type: 'string', schemaType: 'string', errors: true, validate: checkText });
ajv.addVocabulary(['expects']);
const matchesSchema = ajv.compile<RawConfig>(withSharedParts(fileSchema));

/** Holds the file against the schema and reports every place where it does not fit. */
export function validate(root: Node, report: Report): Validated {
  let data = plainOf(root);
  if (!matchesSchema(data) && reconsiderSubstituted(root, matchesSchema.errors ?? [])) {
    data = plainOf(root);
    matchesSchema(data);
  }
  const errors: readonly Violation[] = matchesSchema.errors ?? [];
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
