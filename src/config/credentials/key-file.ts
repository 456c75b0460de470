import type { Static } from 'typebox';
import { Type } from '../../lib/schema-type.ts';
import { fits } from '../../lib/schema-check.ts';
import { Report } from '../report.ts';
import { Source } from '../source.ts';
import { Substitution } from '../substitute.ts';
import { type Node, plainOf } from '../tree.ts';
import { parseYaml } from '../yaml.ts';
import { type ApiKeyEntry, checkKeysDiffer, keyEntryOf, parseKeyLine } from './api-key-entry.ts';
import { CredentialFileError, type LineFault, readLines } from './file-fault.ts';

const words = Type.Union([Type.String(), Type.Array(Type.String())]);
const fields = Type.Object(
  { name: Type.String(), hash: Type.String(), roles: Type.Optional(words), expires: Type.Optional(Type.String()), limit: Type.Optional(words) },
  { additionalProperties: false },
);

/**
 * The keys of a file: one a line, or, where its name ends in `.yaml` or `.yml`, a list as the configuration has it.
 * @throws CredentialFileError with all that is wrong, and nothing of what stands there.
 */
export function parseKeyFile(file: string, text: string): ApiKeyEntry[] {
  const entries = /\.ya?ml$/i.test(file) ? readYaml(file, text) : readLines(text, parseKeyLine);
  try {
    checkKeysDiffer(entries);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CredentialFileError([{ line: 1, message: error.message }]);
  }
  return entries;
}

function readYaml(file: string, text: string): ApiKeyEntry[] {
  const source = new Source(file, text);
  if (text.replaceAll(/^\s*(?:#.*)?$/gm, '').trim() === '') return [];
  const report = new Report();
  const root = parseYaml(source, new Substitution({}, refuseToRead, report), report);
  // What the parser says may quote the text.
  const broken = report.sorted().filter(({ severity }) => severity === 'error').map(({ line }) => ({ line, message: 'this is not YAML as it is read here: a list of keys, without variables' }));
  if (root === null || broken.length > 0) throw new CredentialFileError(broken);
  const faults: LineFault[] = [];
  const entries = itemsOf(root).flatMap((node): ApiKeyEntry[] => {
    try {
      return [entryOf(plainOf(node))];
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      faults.push({ line: source.positionOf(node.start).line, message: error.message });
      return [];
    }
  });
  if (faults.length > 0) throw new CredentialFileError(faults);
  return entries;
}

function itemsOf(root: Node): readonly Node[] {
  const list = root.kind === 'map' ? root.entries.get('keys')?.value : root;
  if (list?.kind === 'list' && (root.kind !== 'map' || root.entries.size === 1)) return list.items;
  throw new CredentialFileError([{ line: 1, message: 'the file holds a list of keys, or `keys:` with that list' }]);
}

function entryOf(value: unknown): ApiKeyEntry {
  if (typeof value === 'string') return parseKeyLine(value);
  if (isFields(value)) return keyEntryOf(value);
  throw new RangeError('a key has `name` and `hash`, and may have `roles`, `expires` and `limit`, all of them texts or lists of texts');
}

function isFields(value: unknown): value is Static<typeof fields> {
  return fits(fields, value);
}

/** A file of keys names no further files. */
function refuseToRead(): never {
  throw new Error('files are not read from here');
}
