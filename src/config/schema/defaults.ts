import type { Static, TObject, TProperties } from 'typebox';

/**
 * The options of a section with nothing left out: of each key the first layer that has it counts, and after
 * the layers the default of the schema. A key without a default stays undefined.
 */
export function withDefaults<P extends TProperties>(schema: TObject<P>, ...layers: readonly (Partial<Static<TObject<P>>> | undefined)[]): Static<TObject<P>> {
  const filled: Record<string, unknown> = {};
  for (const [key, property] of Object.entries<object>(schema.properties)) {
    const layer = layers.find((candidate) => candidate !== undefined && Object.hasOwn(candidate, key));
    filled[key] = layer === undefined ? defaultOf(property) : Reflect.get(layer, key);
  }
  assumeFilled(schema, filled);
  return filled;
}

/** Every key of the schema has been gone through, and what a layer holds has been validated. */
function assumeFilled<P extends TProperties>(schema: TObject<P>, filled: unknown): asserts filled is Static<TObject<P>> {
  void [schema, filled];
}

function defaultOf(property: object): unknown {
  return 'default' in property ? property.default : undefined;
}
