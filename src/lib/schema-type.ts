import type { Type as TypeBox } from 'typebox';

type Builders = Pick<typeof TypeBox, 'Array' | 'Boolean' | 'Enum' | 'Integer' | 'Literal' | 'Null' | 'Number' | 'Object' | 'Optional' | 'Partial' | 'Record' | 'Required' | 'String' | 'Union' | 'Unknown'>;
type Part = Readonly<Record<string, unknown>>;
type Properties = Readonly<Record<string, Part>>;

/** Not enumerable, so that it is no part of the schema. */
const OPTIONAL = '~optional';

/**
 * JSON Schemas with the types of TypeBox. The library itself is not loaded: its modules and the copies that it makes
 * of every part were a third of the time to start.
 */
export const Type = withTypes({
  String: (options?: Part) => ({ type: 'string', ...options }),
  Integer: (options?: Part) => ({ type: 'integer', ...options }),
  Number: (options?: Part) => ({ type: 'number', ...options }),
  Boolean: (options?: Part) => ({ type: 'boolean', ...options }),
  Null: (options?: Part) => ({ type: 'null', ...options }),
  Unknown: (options?: Part) => ({ ...options }),
  Literal: (value: unknown, options?: Part) => ({ type: typeof value, const: value, ...options }),
  Enum: (values: readonly unknown[], options?: Part) => ({ enum: [...values], ...options }),
  Array: (items: Part, options?: Part) => ({ type: 'array', items, ...options }),
  Union: (forms: readonly Part[], options?: Part) => ({ anyOf: forms, ...options }),
  /** Of texts with any name. */
  Record: (_names: Part, value: Part, options?: Part) => ({ type: 'object', patternProperties: { '^.*$': value }, ...options }),
  Object: object,
  Optional: (schema: Part) => marked(schema, true),
  Partial: ({ properties }: { readonly properties: Properties }, options?: Part) => object(each(properties, true), options),
  Required: ({ properties }: { readonly properties: Properties }, options?: Part) => object(each(properties, false), options),
});

function object(properties: Properties, options?: Part): Part {
  const required = Object.keys(properties).filter((name) => properties[name]?.[OPTIONAL] !== true);
  return { type: 'object', ...(required.length > 0 && { required }), properties, ...options };
}

function each(properties: Properties, isOptional: boolean): Properties {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, marked(schema, isOptional)]));
}

/** A copy: the same schema may stand elsewhere without the mark. */
function marked(schema: Part, isOptional: boolean): Part {
  return isOptional ? Object.defineProperty({ ...schema }, OPTIONAL, { value: true }) : { ...schema };
}

function withTypes(builders: Readonly<Record<keyof Builders, (...given: never[]) => object>>): Builders {
  assumeTyped(builders);
  return builders;
}

/** The test holds what each of them makes against what the library makes. */
function assumeTyped(builders: object): asserts builders is Builders {
  void builders;
}
