import { Type } from '../../lib/schema-type.ts';
import { parseCidr } from '../address.ts';
import { closed, offOr, oneOrMore, text } from '../schema/value.ts';
import { policyKind } from './policy-kind.ts';

const block = text('cidr', { description: 'An address or CIDR block.' });
const BLOCKS_MAX = 10_000;

const schema = Type.Object(
  {
    allow: Type.Optional(oneOrMore(block, 'an address or a CIDR block', { description: 'Only these clients may come in.', examples: [['10.0.0.0/8', 'fd00::/8'], '192.0.2.7'] }, BLOCKS_MAX)),
    deny: Type.Optional(oneOrMore(block, 'an address or a CIDR block', { description: 'These clients may not come in, be they in `allow` or not.', examples: [['203.0.113.0/24']] }, BLOCKS_MAX)),
  },
  closed,
);

/** Whose requests are taken, by the address of the client. */
interface IpConfig {
  /** CIDR blocks; null: everybody who is not denied. */
  readonly allow: readonly string[] | null;
  readonly deny: readonly string[];
}

/** By the client's address, which behind `trustedProxies` is the one that they name (nginx: allow, deny). */
export const ip = policyKind({
  schema,
  option: offOr(schema, {
    description: 'Which client addresses may come in. Everybody else gets 403. Behind `trustedProxies` it is the address that they name.',
    expects: '`allow`, `deny` or both, with addresses and CIDR blocks',
    examples: [{ allow: ['10.0.0.0/8'] }, { deny: '203.0.113.0/24' }],
  }),
  shorthand: null,
  always: false,
  resolve({ allow, deny }, place): IpConfig | null {
    if (allow === undefined && deny === undefined) {
      place.report.error(place.at(), 'this lets everybody in', 'Give it `allow` or `deny`, or remove it.');
      return null;
    }
    return { allow: allow === undefined ? null : [allow].flat().map((item) => parseCidr(item)), deny: [deny ?? []].flat().map((item) => parseCidr(item)) };
  },
});
