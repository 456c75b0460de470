import { Type } from '../../lib/schema-type.ts';
import { closed, text } from './value.ts';

const WORDS = ['round-robin', 'least-conn', 'random-two'] as const;
const WORDS_TEXT = 'one of round-robin, least-conn and random-two';

export const stickySchema = Type.Object(
  {
    cookie: Type.Optional(text('cookieName', { description: 'Name of the cookie. Without one it is `sluice-` and a few letters made of the name of the upstream, so that two upstreams on one host do not take each other\'s.' })),
    secret: Type.Optional(
      text('secret', {
        description: 'Signs the cookie; at least 16 characters. Give one where several gateways serve the same clients, or where the choice shall outlive a restart of the gateway.',
        examples: ['${STICKY_SECRET}'],
      }),
    ),
    over: Type.Enum([...WORDS], { default: 'least-conn', description: 'How a client without a cookie is placed.', expects: WORDS_TEXT }),
    ttl: text('duration', { default: '1d', description: 'How long the cookie is valid.' }),
  },
  { ...closed, description: 'A client stays where it was first sent, by a signed cookie.', expects: 'a set of options' },
);

/** Exactly one of `hash` and `sticky`, which the resolver checks: one form gives better messages than two. */
const keyedSchema = Type.Object(
  {
    hash: Type.Optional(
      text('hashKey', {
        description: 'The same value goes to the same target: `address`, `path`, `header:NAME`, `cookie:NAME` or `query:NAME`. Where a target is added or removed, only its own share of values moves.',
        examples: ['address', 'header:X-Tenant'],
      }),
    ),
    sticky: Type.Optional(
      Type.Partial(stickySchema, {
        ...closed,
        description: 'A client stays where it was first sent, by a signed cookie.',
        expects: 'a set of options such as `cookie: sluice`',
        examples: [{ ttl: '7d' }],
      }),
    ),
  },
  { ...closed, description: '`hash` or `sticky`.', expects: '`hash` or `sticky`' },
);

export const balanceOption = Type.Union([Type.Enum([...WORDS], { description: 'Without regard to the request.' }), keyedSchema], {
  default: 'round-robin',
  description: 'How a target is chosen: `round-robin` in turn, `least-conn` the one with the fewest requests in flight, `random-two` the better of two drawn by lot, or `{ hash: … }` or `{ sticky: … }`. Weights count in all of them.',
  expects: 'round-robin, least-conn, random-two, `{ hash: address }` or `{ sticky: {} }`',
  examples: ['least-conn', { hash: 'header:X-Tenant' }, { sticky: { cookie: 'sluice' } }],
});
