import { Type } from '../../lib/schema-type.ts';
import { policyKind } from './policy-kind.ts';

/** The policies that say who a client is, in the order in which they are asked. */
const WAYS = ['jwt', 'apiKey', 'basic', 'forwardAuth'] as const;
type Way = (typeof WAYS)[number];

const ways = Type.Array(Type.Enum([...WAYS], { description: 'A way to authenticate.', expects: 'one of jwt, apiKey, basic and forwardAuth' }), {
  minItems: 1,
  maxItems: WAYS.length,
  uniqueItems: true,
  description: 'Of these policies of the route one is enough. Without it, a client must pass every one that the route has.',
  expects: 'a list such as [jwt, apiKey]',
  examples: [['jwt', 'apiKey']],
});

/** Of which ways to authenticate one is enough. */
interface AnyOfConfig {
  readonly ways: readonly Way[];
}

export const anyOf = policyKind({
  schema: Type.Object({ ways: Type.Optional(ways) }),
  option: ways,
  shorthand: 'ways',
  always: false,
  resolve: ({ ways: given = [] }): AnyOfConfig => ({ ways: given }),
  checkBeside({ ways: given }, others, place) {
    for (const [index, way] of given.entries()) {
      if (others[way] === null) place.report.error(place.at('ways', index), `the route has no \`${way}\``, 'Configure it on the route, in `defaults` or in a set, or leave it out here.');
    }
  },
});
