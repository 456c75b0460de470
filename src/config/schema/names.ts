import { Type } from '../../lib/schema-type.ts';
import { closed, text } from './value.ts';

const SERVERS_MAX = 8;

export const resolveSchema = Type.Object(
  {
    min: Type.Optional(text('duration', { description: 'A name is asked for again after the time its DNS record says, but not sooner than this. Without it 1s, or `max` where that is shorter.' })),
    max: Type.Optional(text('duration', { description: 'And not later than this. Without it 60s, or `min` where that is longer.' })),
    servers: Type.Array(text('dnsServer', { description: 'An IP address, with a port where it is not 53.' }), {
      maxItems: SERVERS_MAX,
      default: [],
      description: "DNS servers that are asked instead of the system's.",
      expects: 'a list of IP addresses, with or without a port',
      examples: [['127.0.0.1:5353']],
    }),
  },
  { ...closed, description: 'Names.', expects: 'a set of options' },
);

/** How the names of targets become addresses. */
export const namesOptions = {
  resolve: Type.Optional(
    Type.Partial(resolveSchema, {
      ...closed,
      description: 'How the names of targets are looked up. A name stands for every address behind it; new ones get requests, and those that are gone finish what they have and get no more.',
      expects: 'a set of options such as `max: 10s`',
      examples: [{ max: '10s' }],
    }),
  ),
};
