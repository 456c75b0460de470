import type { Violation } from '../lib/schema-check.ts';

/** Groups violations finely enough that looking for those of one union does not take longer with every route. */
const PLACE_DEPTH = 2;

/**
 * Where a value may have several forms, the validator complains about each of them. Kept is what it says of the
 * form whose type the value has; where there is none, or more than one, one sentence about all forms.
 */
export function foldUnions(violations: readonly Violation[]): readonly Violation[] {
  const unions = violations.filter(({ keyword }) => keyword === 'anyOf').toSorted(innermostFirst);
  if (unions.length === 0) return violations;
  const dropped = new Set<Violation>();
  const wrongForm = new Set(violations.filter(({ keyword }) => keyword === 'type' || keyword === 'enum' || keyword === 'const'));
  const byPlace = Map.groupBy(violations, ({ instancePath }) => beginningOf(instancePath));
  for (const union of unions) {
    const nearby = depthOf(union.instancePath) < PLACE_DEPTH ? violations : (byPlace.get(beginningOf(union.instancePath)) ?? []);
    const below = nearby.filter((violation) => isBelow(violation, union) && !dropped.has(violation));
    const forms = Map.groupBy(below, (violation) => formOf(violation, union));
    const fitting = [...forms.values()].filter((found) => !found.some((one) => one.instancePath === union.instancePath && wrongForm.has(one)));
    const kept = new Set(fitting.length === 1 ? fitting[0] : []);
    for (const violation of below) if (!kept.has(violation)) dropped.add(violation);
    if (kept.size > 0) dropped.add(union);
    if (fitting.length === 0) wrongForm.add(union);
  }
  return violations.filter((violation) => !dropped.has(violation));
}

function beginningOf(pointer: string): string {
  return pointer.split('/', PLACE_DEPTH + 1).join('/');
}

function depthOf(pointer: string): number {
  return pointer.split('/').length - 1;
}

function innermostFirst(a: Violation, b: Violation): number {
  return b.instancePath.length - a.instancePath.length || b.schemaPath.length - a.schemaPath.length;
}

function isBelow(violation: Violation, union: Violation): boolean {
  if (violation.instancePath !== union.instancePath && !violation.instancePath.startsWith(`${union.instancePath}/`)) return false;
  return violation.schemaPath.startsWith(`${union.schemaPath}/`);
}

function formOf(violation: Violation, union: Violation): string {
  return violation.schemaPath.slice(union.schemaPath.length + 1).split('/', 1)[0] ?? '';
}
