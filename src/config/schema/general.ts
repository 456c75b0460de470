import { Type } from '../../lib/schema-type.ts';
import { accessLogOption } from './access-log.ts';
import { acmeOption } from './acme.ts';
import { rateLimitsOption } from './rate-limits.ts';
import { reloadOption } from './reload.ts';
import { tlsOption } from './tls.ts';
import { metricsOption } from './metrics.ts';
import { tracesOption } from './traces.ts';
import { closed, count, text } from './value.ts';

const LEVELS = ['error', 'warn', 'info', 'debug'] as const;
const LIST_ITEMS_MAX = 1000;
const RECENT_MAX = 100_000;

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
  accessLog: accessLogOption,
  metrics: metricsOption,
  traces: tracesOption,
  recentRequests: Type.Optional(
    count({
      minimum: 0,
      maximum: RECENT_MAX,
      default: 1000,
      description: 'How many of the last requests each worker keeps in memory, for `sluice tail`, the status page and `/requests` of the admin listener. One takes about 1 KB; `0` keeps none.',
      examples: [5000],
    }),
  ),
  tls: tlsOption,
  acme: acmeOption,
  rateLimits: rateLimitsOption,
  reload: reloadOption,
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
