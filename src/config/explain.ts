import { closest } from '../lib/closest.ts';
import type { Violation } from '../lib/schema-check.ts';
import { pathOf } from './pointer.ts';
import type { Report } from './report.ts';
import { TEXT_KINDS, type TextKind } from './text-kind.ts';
import { isSubstituted, keyAt, type Node, nodeAt, shown, type Span } from './tree.ts';
import { foldUnions } from './violation.ts';

/** Turns what the validator found into sentences at the places of the file. */
export function explain(root: Node, errors: readonly Violation[], report: Report): void {
  for (const error of foldUnions(errors)) explainError(root, error, report);
}

function explainError(root: Node, error: Violation, report: Report): void {
  const path = pathOf(error.instancePath);
  const node = nodeAt(root, path);
  if (node.kind === 'scalar' && node.isBroken) return;
  if (error.schemaPath.endsWith('/propertyNames/text')) {
    return report.error(keyAt(root, [...path, parameterOf(error, 'text')]), error.message ?? '');
  }
  switch (error.keyword) {
    case 'additionalProperties':
      return explainUnknownKey(root, path, error, report);
    case 'required':
      return report.error(nameOf(root, path), `\`${parameterOf(error, 'missingProperty')}\` is missing`, describedHint(error));
    case 'text':
      return explainText(node, error, report);
    default:
      return explainValue(root, path, error, report);
  }
}

function explainUnknownKey(root: Node, path: string[], error: Violation, report: Report): void {
  const key = parameterOf(error, 'additionalProperty');
  const allowed = Object.keys(propertiesOf(error.parentSchema));
  const meant = closest(key, allowed);
  const hint = meant === null ? `Allowed here: ${allowed.join(', ')}.` : `Did you mean \`${meant}\`?`;
  report.error(keyAt(root, [...path, key]), `there is no option \`${key}\` ${path.length === 0 ? 'at the top of the file' : 'here'}`, hint);
}

function explainText(node: Node, error: Violation, report: Report): void {
  if (isSubstituted(node)) report.error(node, `${shown(node)} is not ${expectationOf(error)}`);
  else if (isSecret(error)) report.secretError(node, error.message ?? '');
  else report.error(node, error.message ?? '');
}

function explainValue(root: Node, path: string[], error: Violation, report: Report): void {
  const node = nodeAt(root, path);
  const expects = expectationOf(error);
  const subject = subjectOf(path);
  if (node.kind === 'scalar' && node.value === null) return report.error(node, `${subject} has no value`, `Expected: ${expects}.`);
  if (error.keyword === 'minItems') return report.error(node, `${subject} is an empty list`, `Expected: ${expects}.`);
  if (error.keyword === 'maxItems' || error.keyword === 'maxProperties') {
    return report.error(nameOf(root, path), `${subject} has too many entries: ${parameterOf(error, 'limit')} are the limit`);
  }
  if (error.keyword === 'maxLength') return report.error(node, `${subject} is too long: ${parameterOf(error, 'limit')} characters are the limit`);
  if (isSecret(error) && node.kind === 'scalar') return report.secretError(node, `${subject} must be ${expects}, in quotes`);
  report.error(node, `${subject} must be ${expects}, not ${kindOf(node)}`, hintFor(node, error));
}

function isSecret({ parentSchema }: Violation): boolean {
  const kind: TextKind | undefined = Object.entries(TEXT_KINDS).find(([name]) => name === parentSchema?.['text'])?.[1];
  return kind?.isSecret === true;
}

/** What to write instead, where that can be guessed. */
function hintFor(node: Node, error: Violation): string | null {
  if (node.kind !== 'scalar' || isSubstituted(node)) return null;
  if ((error.keyword === 'enum' || error.keyword === 'anyOf') && typeof node.value === 'string') {
    const meant = closest(node.value, enumOf(error.parentSchema));
    return meant === null ? null : `Did you mean \`${meant}\`?`;
  }
  const kind = error.parentSchema?.['text'];
  if (typeof node.value === 'number' && typeof kind === 'string' && kind.startsWith('duration')) return `A duration needs a unit: \`${node.value}s\` or \`${node.value}ms\`.`;
  if (typeof node.value === 'number' && kind === 'percent') return `A percentage needs its sign: \`${node.value}%\`.`;
  if (typeof node.value === 'number' && typeof kind === 'string' && kind.endsWith('Size')) return `A size needs a unit: \`${node.value}KB\` or \`${node.value}B\`.`;
  const wantsText = error.keyword === 'type' && error.params['type'] === 'string';
  return wantsText ? `Text is written in quotes: "${String(node.value)}".` : null;
}

/** Where a map is named: at its key, or at its first character where it is an item of a list. */
function nameOf(root: Node, path: string[]): Span {
  const node = nodeAt(root, path);
  const key = keyAt(root, path);
  return key === node ? { ...node, end: Math.min(node.end, node.start + 1) } : key;
}

/** How a sentence calls the value at a path. */
function subjectOf(path: readonly string[]): string {
  const last = path.at(-1);
  if (last === undefined) return 'the file';
  if (!/^[0-9]+$/.test(last)) return `\`${last}\``;
  const list = path.at(-2);
  return list === undefined ? 'this' : `an entry of \`${list}\``;
}

function kindOf(node: Node): string {
  if (node.kind === 'map') return 'a set of options';
  if (node.kind === 'list') return 'a list';
  return shown(node);
}

function expectationOf({ parentSchema }: Violation): string {
  const expects = parentSchema?.['expects'];
  return typeof expects === 'string' ? expects : 'something else';
}

function describedHint({ parentSchema, params }: Violation): string | null {
  const schema: unknown = Reflect.get(propertiesOf(parentSchema), String(params['missingProperty']));
  if (typeof schema !== 'object' || schema === null || !('description' in schema)) return null;
  return typeof schema.description === 'string' ? schema.description : null;
}

function propertiesOf(schema: Violation['parentSchema']): object {
  const properties = schema?.['properties'];
  return typeof properties === 'object' && properties !== null ? properties : {};
}

/** The words allowed, also where they are one of several forms. */
function enumOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  if ('enum' in schema && Array.isArray(schema.enum)) return schema.enum.map(String);
  return 'anyOf' in schema && Array.isArray(schema.anyOf) ? schema.anyOf.flatMap((form) => enumOf(form)) : [];
}

function parameterOf({ params }: Violation, name: string): string {
  return String(params[name]);
}
