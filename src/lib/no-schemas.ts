/**
 * For Fastify where no route has a schema: without it, every instance loads the compilers of schemas, which are a hundred
 * modules, and never asks them for anything.
 */
export const NO_SCHEMAS = { compilersFactory: { buildValidator: refuse, buildSerializer: refuse } };

function refuse(): never {
  throw new Error('bug: a route here has a schema');
}
