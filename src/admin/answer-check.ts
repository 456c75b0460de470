type Kind = 'string' | 'number' | 'boolean' | 'object' | 'array';

/**
 * Whether an answer has these members: enough to tell Sluice from something else that listens there. Its own answers are
 * believed, and those of a later version may have more members.
 */
export function hasMembers<T extends object>(value: unknown, members: { readonly [Name in keyof T]?: Kind }): value is T {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(members).every(([name, kind]) => {
    const member: unknown = Reflect.get(value, name);
    return kind === 'array' ? Array.isArray(member) : typeof member === kind && member !== null;
  });
}

/** The same for every item of a list. */
export function isListOf<T extends object>(value: unknown, members: { readonly [Name in keyof T]?: Kind }): value is readonly T[] {
  return Array.isArray(value) && value.every((item) => hasMembers<T>(item, members));
}
