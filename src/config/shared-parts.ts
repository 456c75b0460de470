/** What is shorter costs no more than a reference to it. */
const CHARS_MIN = 600;

/**
 * The same JSON Schema with options that stand in several places, as policies do, written once and referred to. What is
 * compiled of it is a fraction in size. Nothing below a union is touched: its errors are told apart by their path in the schema.
 */
export function withSharedParts(schema: object): object {
  const counts = new Map<string, number>();
  countParts(schema, counts);
  const names = new Map<string, string>();
  const parts: Record<string, object> = {};
  const refer = (name: string, part: object): object => {
    const text = JSON.stringify(part);
    if ((counts.get(text) ?? 0) < 2) return rebuilt(part, refer);
    const known = names.get(text) ?? `${name}-${names.size}`;
    if (!names.has(text)) {
      names.set(text, known);
      parts[known] = rebuilt(part, refer);
    }
    return { $ref: `#/$defs/${known}` };
  };
  return { ...rebuilt(schema, refer), $defs: parts };
}

function countParts(schema: object, counts: Map<string, number>): void {
  const properties = membersOf(schema, 'properties');
  for (const [, part] of properties) {
    const text = JSON.stringify(part);
    if (text.length >= CHARS_MIN) counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const items = memberOf(schema, 'items');
  for (const [, part] of [...properties, ...membersOf(schema, 'patternProperties')]) countParts(part, counts);
  if (items !== null) countParts(items, counts);
}

function rebuilt(schema: object, refer: (name: string, part: object) => object): object {
  const [properties, patterns, items] = [membersOf(schema, 'properties'), membersOf(schema, 'patternProperties'), memberOf(schema, 'items')];
  return {
    ...schema,
    ...(properties.length > 0 && { properties: Object.fromEntries(properties.map(([name, part]) => [name, refer(name, part)])) }),
    ...(patterns.length > 0 && { patternProperties: Object.fromEntries(patterns.map(([name, part]) => [name, rebuilt(part, refer)])) }),
    ...(items !== null && { items: rebuilt(items, refer) }),
  };
}

function memberOf(schema: object, key: string): object | null {
  const value: unknown = Reflect.get(schema, key);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
}

function membersOf(schema: object, key: string): [string, object][] {
  const members = memberOf(schema, key);
  return members === null ? [] : Object.entries<object>({ ...members });
}
