import { Type } from '../../lib/schema-type.ts';
import type { Static } from 'typebox';
import { parseRate } from '../../lib/rate.ts';
import { parseCidr } from '../address.ts';
import { listed, type Context } from '../context.ts';
import { parseRequestKey, type RequestKey } from '../request-key.ts';
import { withDefaults } from '../schema/defaults.ts';
import { closed, count, oneOrMore, text } from '../schema/value.ts';
import type { MapNode } from '../tree.ts';
import { joinMaps } from './merge-layers.ts';
import { policyKind } from './policy-kind.ts';

/** Windows of one key: shared memory has room for as many. */
export const LIMITS_MAX = 6;
const ALSO_MAX = 8;
const BLOCKS_MAX = 1000;
const BURST_MAX = 1_000_000;
const USUAL_KEY = 'address';
/** What waits longer than this is refused instead. */
const DELAY_MS_MAX = 300_000;
const WAYS = ['jwt', 'apiKey', 'basic', 'forwardAuth'];

const rate = text('rate', { description: 'Requests in a period: `5/s`, `10/min`, `100/hour`, `1000/day`, or any whole seconds as in `100/15m`. They come back evenly, one by one: with `10/min` one every 6 s.' });
const burst = count({ minimum: 0, maximum: BURST_MAX, description: 'Requests that may come at once beyond the first. Without it, all of the period: with `10/min` ten at once.' });

const limit = Type.Union([
  rate,
  Type.Object({ rate, burst: Type.Optional(burst) }, { ...closed, description: 'A rate with its burst.', expects: '`rate` and `burst`' }),
], { description: 'A limit.', expects: 'a rate such as 10/min, or `{ rate: 10/min, burst: 20 }`' });

const limits = oneOrMore(limit, 'a rate such as 10/min', {
  description: 'How many requests may come. Of several limits all must have room, and a request that one of them refuses counts for none.',
  examples: ['10/min', ['10/min', '100/hour'], { rate: '10/min', burst: 20 }],
}, LIMITS_MAX);
const key = text('limitKey', {
  default: USUAL_KEY,
  description: 'What requests are counted by. `address`: the address of the client, IPv6 by /64; behind `trustedProxies` it is the one that they name. `apiKey`, `user`, `jwt:CLAIM`: who the client is, once it has authenticated, with any way for `user`; API keys may have limits of their own. `header:NAME`, `cookie:NAME`, `query:NAME`: a value of the request, which a client can change at will, so add a limit by address in `also`. A request that has no such value is counted by its address. `route`: all requests of the route together. `global`: together with all routes that say `global` with the same limits.',
  examples: ['apiKey', 'jwt:sub', 'header:X-Tenant', 'global'],
});
const burstBeside = count({ minimum: 0, maximum: BURST_MAX, description: 'The burst of the limit, where `limits` is a single rate: requests that may come at once beyond the first (nginx: `burst` with `nodelay`).', examples: [20] });

const further = Type.Object({ limits: Type.Optional(limits), burst: Type.Optional(burstBeside), key: Type.Optional(key) }, { ...closed, expects: 'a set of options with `limits` and `key`' });

const schema = Type.Object(
  {
    limits: Type.Optional(limits),
    burst: Type.Optional(burstBeside),
    key: Type.Optional(key),
    also: Type.Optional(Type.Array(further, {
      minItems: 1,
      maxItems: ALSO_MAX,
      description: 'Further limits with another key, which must have room as well.',
      expects: 'a list such as [{ limits: 1000/min, key: route }]',
      examples: [[{ limits: '1000/min', key: 'route' }]],
    })),
    zone: Type.Optional(text('policySetName', { description: 'Routes that name the same zone are counted together, where limits and key are the same. Without it, each route counts for itself.', examples: ['login'] })),
    allow: Type.Optional(oneOrMore(text('cidr', { description: 'An address or CIDR block.' }), 'an address or a CIDR block', { description: 'Clients that are never limited, nor counted.', examples: ['10.0.0.0/8'] }, BLOCKS_MAX)),
    mode: Type.Optional(Type.Enum(['reject', 'delay'], {
      default: 'reject',
      description: '`reject` lets requests of a burst through at once. `delay` lets each wait until its turn comes at the even rate, so that the upstream sees no burst (nginx: `burst` without `nodelay`). What is beyond the burst gets 429 in both.',
      expects: '`reject` or `delay`',
    })),
    queue: Type.Optional(count({ minimum: 1, maximum: 100_000, default: 100, description: 'With `mode: delay`: requests of the route that may wait at once in each worker. More get 429.' })),
    fields: Type.Optional(Type.Union([Type.Enum(['off'], { description: 'As `false`.' }), Type.Boolean({ description: 'On or off.' })], { default: true, description: 'Whether answers tell clients of their limits, in the fields `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-11). `Retry-After` comes with every 429 in any case.', expects: '`off`, true or false' })),
    dryRun: Type.Optional(Type.Boolean({ default: false, description: 'Only counts, and lets everything pass. Once a minute the log says how many requests would have been refused.', expects: 'true or false' })),
  },
  closed,
);

/** A window of GCRA under the name that clients read. */
export interface NamedWindow {
  readonly name: string;
  readonly requests: number;
  readonly periodMs: number;
  readonly burst: number;
}

export interface KeyedLimits {
  readonly key: RequestKey;
  readonly windows: readonly NamedWindow[];
}

/** How often clients may come. */
export interface RateLimitConfig {
  /** At least one; a request must pass all of them. */
  readonly keyed: readonly KeyedLimits[];
  /** Null: each route counts for itself. */
  readonly zone: string | null;
  /** CIDR blocks. */
  readonly allow: readonly string[];
  readonly mode: 'reject' | 'delay';
  readonly queueMax: number;
  readonly fields: boolean;
  readonly dryRun: boolean;
}

export const rateLimit = policyKind({
  schema,
  option: Type.Union([Type.Enum(['off'], { description: 'Turned off.' }), rate, Type.Array(rate, { minItems: 1, maxItems: LIMITS_MAX, description: 'Several rates, of which all count.' }), schema], {
    description: 'How many requests clients may send. Exact over all workers. What is too much gets 429 with `Retry-After`.',
    expects: 'a rate such as 10/min, a list of rates, or a set of options with `limits`',
    examples: ['10/min', ['10/min', '100/hour'], { limits: '10/min', burst: 20, key: 'header:X-Tenant' }],
  }),
  shorthand: 'limits',
  always: false,
  join: joinLayers,
  resolve(raw, place): RateLimitConfig | null {
    const { zone = null, allow = [], mode = 'reject', queue: queueMax = 0, fields = true, dryRun = false } = withDefaults(schema, raw);
    const keyed = [resolveLimits(raw, place, []), ...(raw.also ?? []).map((one, i) => resolveLimits(one, place, ['also', i]))].filter((one) => one !== null);
    if (raw.queue !== undefined && mode !== 'delay') place.report.error(place.key('queue'), '`queue` is of no use without `mode: delay`', 'Remove it, or say `mode: delay`.');
    if (mode === 'delay') reportLongDelays(keyed, place);
    if (keyed.length !== 1 + (raw.also ?? []).length) return null;
    return { keyed: uniquelyNamed(keyed), zone, allow: [allow].flat().map((block) => parseCidr(block)), mode, queueMax, fields: fields === true, dryRun };
  },
  checkBeside({ keyed }, others, place) {
    for (const [i, { key: { of } }] of keyed.entries()) {
      const ways = of === 'user' ? WAYS : [of].filter((way) => WAYS.includes(way));
      if (ways.length === 0 || ways.some((way) => (others[way] ?? null) !== null)) continue;
      const path = i === 0 ? ['key'] : ['also', i - 1, 'key'];
      const needed = of === 'user' ? 'way to authenticate, so it is not known who a client is' : `\`${of}\`, so its limit has nothing to count by`;
      place.report.error(place.at(...path), `the route has no ${needed}`, `Configure ${ways.map((way) => `\`${way}\``).join(' or ')} on the route, in \`defaults\` or in a set, or count by something else.`);
    }
  },
});

/** A burst belongs to the limits it was written with, and a queue to its mode: who says others does not want them. */
function joinLayers(below: MapNode, above: MapNode): MapNode {
  const gone = new Set([...(above.entries.has('limits') ? ['limits', 'burst'] : []), ...(above.entries.has('mode') ? ['queue'] : [])]);
  return joinMaps({ ...below, entries: new Map([...below.entries].filter(([name]) => !gone.has(name))) }, above);
}

function resolveLimits(raw: Static<typeof further>, place: Context, path: readonly (string | number)[]): KeyedLimits | null {
  if (raw.limits === undefined) {
    place.report.error(place.at(...path), 'how many requests may come is not said', 'Give it `limits`, such as `limits: 10/min`.');
    return null;
  }
  const given = listed(raw.limits);
  if (raw.burst !== undefined && given.length > 1) {
    place.report.error(place.key(...path, 'burst'), 'it is not clear which of several limits this `burst` belongs to', 'Write it per limit: `{ rate: 10/min, burst: 20 }`.');
    return null;
  }
  const windows = given.map(({ item, steps }): NamedWindow => {
    const { rate: name, burst: own } = typeof item === 'string' ? { rate: item } : item;
    if (own !== undefined && raw.burst !== undefined) place.report.error(place.at(...path, 'limits', ...steps, 'burst'), 'the limit has a `burst` of its own and one beside it', 'Remove one of them.');
    const { requests, periodMs, burst: whole } = parseRate(name);
    return { name, requests, periodMs, burst: own ?? raw.burst ?? whole };
  });
  return { key: parseRequestKey(raw.key ?? USUAL_KEY), windows };
}

function reportLongDelays(keyed: readonly KeyedLimits[], place: Context): void {
  for (const [i, { windows }] of keyed.entries()) {
    const slow = windows.find(({ requests, periodMs, burst: ahead }) => (ahead * periodMs) / requests > DELAY_MS_MAX);
    const path = i === 0 ? ['limits'] : ['also', i - 1, 'limits'];
    if (slow !== undefined) place.report.error(place.at(...path), `with \`mode: delay\` a request would have to wait for more than 5 minutes for its turn at ${slow.name}`, 'Give the limit a smaller `burst`, or leave `mode` out.');
  }
}

/** Clients tell the limits of an answer apart by their names. */
function uniquelyNamed(keyed: readonly KeyedLimits[]): KeyedLimits[] {
  const seen = new Map<string, number>();
  return keyed.map(({ key: of, windows }) => ({
    key: of,
    windows: windows.map((window) => {
      const before = seen.get(window.name) ?? 0;
      seen.set(window.name, before + 1);
      return before === 0 ? window : { ...window, name: `${window.name} (${before + 1})` };
    }),
  }));
}
