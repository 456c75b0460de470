import { Type } from 'typebox';
import { acmeOption } from './acme.ts';
import { rateLimitsOption } from './rate-limits.ts';
import { tlsOption } from './tls.ts';
import { closed, count, text } from './value.ts';

const LEVELS = ['error', 'warn', 'info', 'debug'] as const;
const FORMATS = ['auto', 'json', 'pretty', 'off'] as const;
const LIST_ITEMS_MAX = 1000;

const formatSchema = Type.Enum([...FORMATS], {
  default: 'auto',
  description: '`auto`: readable lines on a terminal, JSON elsewhere. `off`: nothing is written.',
  expects: 'one of auto, json, pretty and off',
});

export const logSchema = Type.Object({
  level: Type.Enum([...LEVELS], { default: 'info', description: 'The least serious messages that are written.', expects: 'one of error, warn, info and debug' }),
});

export const generalOptions = {
  workers: Type.Optional(
    Type.Union([Type.Enum(['auto'], { description: 'One for each core.' }), count({ minimum: 1, maximum: 64, description: 'Number of threads.' })], {
      default: 1,
      description: 'Threads that serve requests. `auto` starts one for each core this machine gives the process.',
      expects: '`auto` or a whole number from 1 to 64',
      examples: ['auto', 4],
    }),
  ),
  trustedProxies: Type.Optional(
    Type.Array(text('cidr', { description: 'An address or CIDR block.' }), {
      maxItems: LIST_ITEMS_MAX,
      default: [],
      description: 'Addresses or CIDR blocks of the proxies in front of this one. Only their `X-Forwarded-*` and `Forwarded` headers are believed.',
      expects: 'a list of addresses and CIDR blocks',
      examples: [['10.0.0.0/8', 'fd00::/8']],
    }),
  ),
  log: Type.Optional(
    Type.Partial(logSchema, { ...closed, description: "The gateway's own messages.", expects: 'a set of options such as `level: info`', examples: [{ level: 'debug' }] }),
  ),
  accessLog: Type.Optional(
    Type.Union([formatSchema, Type.Object({ format: Type.Optional(formatSchema) }, { ...closed, description: 'The same in full.', expects: 'a set of options' })], {
      default: 'auto',
      description: 'One line for each request: `auto`, `json`, `pretty` or `off`, or `{ format: … }`.',
      expects: 'one of auto, json, pretty and off',
      examples: ['json', { format: 'pretty' }],
    }),
  ),
  tls: tlsOption,
  acme: acmeOption,
  rateLimits: rateLimitsOption,
  drainTimeout: Type.Optional(
    text('duration', {
      default: '9s',
      description: 'How long requests in flight may take to finish after a stop; a reload cuts nothing. The default is just below the 10 s after which `docker stop` kills.',
      examples: ['30s'],
    }),
  ),
};

/** For filling in what the file does not say. */
export const generalSchema = Type.Required(Type.Object(generalOptions));
