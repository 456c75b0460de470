import { Type } from '../../lib/schema-type.ts';
import { oneOrMore, text } from '../schema/value.ts';
import { policyKind } from './policy-kind.ts';

const roleNames = oneOrMore(text('word', { description: 'A role.' }), 'the name of a role', {
  description: 'Only clients with one of these roles may come in, however they have authenticated. Others get 403.',
  examples: [['admin'], 'editor'],
});

/** Who may come in, by role. */
interface RolesConfig {
  readonly names: readonly string[];
}

export const roles = policyKind({
  schema: Type.Object({ names: Type.Optional(roleNames) }),
  option: roleNames,
  shorthand: 'names',
  always: false,
  resolve: ({ names = [] }): RolesConfig => ({ names: [names].flat() }),
  checkBeside(_config, others, place) {
    if (['jwt', 'apiKey', 'basic', 'forwardAuth'].some((way) => (others[way] ?? null) !== null)) return;
    place.report.error(place.at('names'), 'nothing on this route says who a client is, so nobody has a role', 'Add `jwt`, `apiKey`, `basic` or `forwardAuth`.');
  },
});
