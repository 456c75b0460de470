import { isDeepStrictEqual } from 'node:util';

/** So many values of an item tell it from others well enough. */
const VALUES_MAX = 64;

/** Whether two items of a list are deeply equal. The time grows with the length of the list, not with its square. */
export function hasDuplicate(list: readonly unknown[]): boolean {
  const alike = new Map<string, unknown[]>();
  for (const item of list) {
    const key = roughText(item, { left: VALUES_MAX });
    const others = alike.get(key);
    if (others === undefined) alike.set(key, [item]);
    else if (others.some((other) => isDeepStrictEqual(item, other))) return true;
    else others.push(item);
  }
  return false;
}

/** Equal values have equal texts; values that are not may share one. */
function roughText(value: unknown, values: { left: number }): string {
  if (values.left === 0) return '';
  values.left -= 1;
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.slice(0, VALUES_MAX).map((item) => roughText(item, values)).join()}]`;
  const names = Object.keys(value).toSorted().slice(0, VALUES_MAX);
  return `{${names.map((name) => `${JSON.stringify(name)}:${roughText(Reflect.get(value, name), values)}`).join()}}`;
}
