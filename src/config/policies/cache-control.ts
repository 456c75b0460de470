import type { Static } from 'typebox';
import { Type } from '../../lib/schema-type.ts';
import { directiveFaults, parseCacheAge, parseCachePath } from '../cache-directives.ts';
import type { PathPattern } from '../route-match.ts';
import type { Context } from '../context.ts';
import { withDefaults } from '../schema/defaults.ts';
import { closed, offOr, text } from '../schema/value.ts';
import { compareSpecificity, specificityOf } from '../specificity.ts';
import { policyKind } from './policy-kind.ts';

const RULES_MAX = 100;

const headerText = text('headerValue', { description: 'The value of the header, or `off` to leave the answer as it is.' });

const ruleSchema = Type.Object(
  {
    value: Type.Optional(text('headerValue', { description: 'The value of the header. Instead of `maxAge` and `immutable`.', examples: ['no-cache'] })),
    maxAge: Type.Optional(text('cacheAge', { description: 'For how long a browser or a cache may keep the answer without asking again: `1y`, or a duration up to ten years; `0s` for not at all.', examples: ['1y', '10m'] })),
    immutable: Type.Optional(Type.Boolean({ default: false, description: 'The file never changes under this name, because the name has a hash in it: not even a reload asks again. Together with `maxAge`.', expects: 'true or false' })),
    override: Type.Optional(Type.Boolean({ default: false, description: 'Whether it takes the place of what the upstream says itself: its `Cache-Control`, `Expires` and `Pragma`.', expects: 'true or false' })),
    withCookies: Type.Optional(Type.Boolean({ default: false, description: 'Whether answers that set a cookie get it, too. A shared cache could give the cookie of one visitor to the next.', expects: 'true or false' })),
  },
  { ...closed, description: 'The same in parts.', expects: 'a set of options such as `maxAge: 1y`' },
);

const completeRule = Type.Required(ruleSchema);

const rule = Type.Union([headerText, ruleSchema], { description: 'For one pattern.', expects: 'the value of the header, such as `no-cache`, `off`, or options such as `maxAge: 1y`' });

const rules = Type.Record(Type.String(), rule, { propertyNames: { text: 'cachePath' }, maxProperties: RULES_MAX, description: 'By pattern.', expects: 'patterns with their values, such as `"*.css": public, max-age=3600`' });

/** What answers to some paths say of their keeping. */
interface CacheRule {
  readonly path: PathPattern;
  /** Null: whatever the upstream says. */
  readonly value: string | null;
  readonly override: boolean;
  readonly withCookies: boolean;
}

interface CacheControlConfig {
  /** The first one that fits counts. */
  readonly rules: readonly CacheRule[];
}

/** How long browsers and caches may keep files, by their names (nginx: expires, add_header Cache-Control). */
export const cacheControl = policyKind({
  schema: rules,
  option: offOr(Type.Union([headerText, rules]), {
    description: 'The `Cache-Control` header of answers to GET and HEAD with the status 200, 206 or 304, by path as the client writes it: `*.css` or `*.{css,js}` for endings, `*` for all, or whatever a route has as `path`. The most specific pattern counts, wherever it stands, by the rule of routes: an exact path, then the longest beginning, then an expression, an ending, all below. An answer that has `Cache-Control`, `Expires` or `Pragma` from its upstream keeps it, and one that sets a cookie gets none, unless the rule says otherwise; errors never get one. What a route says of a pattern takes the place of what `defaults` says of it.',
    expects: 'patterns with their values, one value for all paths, or `off`',
    examples: [{ '*.{css,js,woff2}': { maxAge: '1y', immutable: true }, '*.html': 'no-cache' }, 'no-store'],
  }),
  shorthand: '*',
  always: false,
  join: (below, above) => ({ ...above, entries: new Map([...above.entries, ...[...below.entries].filter(([pattern]) => !above.entries.has(pattern))]) }),
  resolve(raw, place): CacheControlConfig | null {
    const found = Object.entries(raw).map(([pattern, given]) => {
      const path = parseCachePath(pattern);
      const specificity = specificityOf({ host: null, path, methods: null, headers: [], query: [], priority: 0 });
      return { specificity, rule: { path, ...(typeof given === 'string' ? { value: valueOf(given, place, pattern), override: false, withCookies: false } : ruleOf(given, place, pattern)) } };
    });
    if (found.length === 0) {
      place.report.error(place.at(), 'this says nothing of any path', 'Write as in `"*.css": max-age=3600`, or `off`.');
      return null;
    }
    return { rules: found.toSorted((a, b) => compareSpecificity(a.specificity, b.specificity)).map((item) => item.rule) };
  },
});

function ruleOf(raw: Static<typeof ruleSchema>, place: Context, pattern: string): Omit<CacheRule, 'path'> {
  const { override, withCookies } = withDefaults(completeRule, raw);
  const { value, maxAge, immutable = false } = raw;
  if (value !== undefined) {
    const other = (['maxAge', 'immutable'] as const).find((key) => raw[key] !== undefined);
    if (other !== undefined) place.report.error(place.key(pattern, other), `a rule has either \`value\` or \`${other}\``, 'Remove one of them.');
    return { value: valueOf(value, place, pattern, 'value'), override, withCookies };
  }
  if (maxAge === undefined) {
    place.report.error(place.at(pattern), 'this says nothing of how long an answer may be kept', 'Give it `maxAge` or `value`.');
    return { value: null, override, withCookies };
  }
  return { value: `max-age=${parseCacheAge(maxAge)}${immutable ? ', immutable' : ''}`, override, withCookies };
}

function valueOf(value: string, place: Context, ...path: readonly string[]): string | null {
  if (value === 'off') return null;
  const { report } = place;
  for (const { message, hint, isError } of directiveFaults(value)) {
    if (isError) report.error(place.at(...path), message, hint);
    else report.warning(place.at(...path), message, hint);
  }
  return value;
}
