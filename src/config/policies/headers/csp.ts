import type { Static } from 'typebox';
import { Type } from '../../../lib/schema-type.ts';
import type { Context } from '../../context.ts';
import { isBareDirective, isFetchDirective, parseCspSources } from '../../csp-source.ts';
import { oneOrMore, text } from '../../schema/value.ts';
import { CSP_BASES, type CspConfig, type CspDirectives, PRESETS, type PresetName } from './preset.ts';

const DIRECTIVES_MAX = 50;

const source = text('cspSources', { description: 'Sources, with spaces between them.' });
const sources = oneOrMore(source, 'sources such as self or https://cdn.example.com', { description: 'Sources, as text or as a list.' });
const presence = Type.Boolean({ description: '`true` for a directive that stands alone, `false` to leave it out.', expects: 'true or false' });

const directive = Type.Union([...sources.anyOf, presence], {
  title: 'DIRECTIVE',
  description: 'A directive such as `script-src`, in the place of that of `base`; the others stay. Keywords need no quotes of their own: `self`, `none`, `unsafe-inline`. `true` is for one that stands alone, `false` leaves one out.',
  expects: 'sources such as self or https://cdn.example.com, true or false',
  examples: [['self', 'https://cdn.example.com'], '*', false],
});

const cspSchema = Type.Object(
  {
    base: Type.Optional(Type.Enum(['strict', 'api', 'none'], {
      description: 'What the directives here are added to: those of the preset `strict` or `api`, or `none`. Without it those of the preset of the route; the preset `standard` has none.',
      expects: 'strict, api or none',
    })),
    add: Type.Optional(Type.Record(Type.String(), sources, {
      propertyNames: { text: 'cspDirective' },
      maxProperties: DIRECTIVES_MAX,
      description: 'Sources beside those that a directive has already. One that has none begins with those of `default-src`, which held for it so far.',
      expects: 'directives with further sources',
      examples: [{ 'script-src': 'https://cdn.example.com', 'connect-src': ['https://api.example.com', 'wss://api.example.com'] }],
    })),
    reportOnly: Type.Optional(Type.Boolean({ default: false, description: 'Sends Content-Security-Policy-Report-Only: browsers report what they would forbid, and forbid nothing.', expects: 'true or false' })),
  },
  {
    patternProperties: { '^(?!(?:base|add|reportOnly)$)': directive },
    propertyNames: { text: 'cspKey' },
    maxProperties: DIRECTIVES_MAX,
    description: 'What a page may load and who may embed it, directive by directive.',
    expects: 'directives such as `script-src: [self, https://cdn.example.com]`',
  },
);

export const cspOption = Type.Union(
  [Type.Enum(['off'], { description: 'Not sent.' }), Type.Boolean({ description: '`true`: as the preset `strict` or `api` has it.', expects: 'true or false' }), cspSchema],
  {
    description: 'Content-Security-Policy: what a page may load and who may embed it. `true` with a preset that has none is that of `strict`. Over plain HTTP `upgrade-insecure-requests` is left out.',
    expects: '`off`, `true`, or directives such as `script-src: [self, https://cdn.example.com]`',
    examples: [{ add: { 'script-src': 'https://cdn.example.com' } }, { base: 'none', 'frame-ancestors': ['self', 'https://partner.example.com'] }, 'off'],
  },
);

type RawCsp = Static<typeof cspOption>;

/** @param place rooted at the option. @returns undefined where it cannot be used, which has been reported. */
export function resolveCsp(raw: RawCsp | undefined, preset: PresetName, place: Context): CspConfig | null | undefined {
  const { csp } = PRESETS[preset];
  if (raw === undefined) return csp;
  if (raw === 'off' || raw === false) return null;
  if (raw === true) return csp ?? { directives: CSP_BASES.strict, reportOnly: false };
  const { base, add = {}, reportOnly = false, ...directives } = raw;
  assumeDirectives(directives);
  const built = new Map(Object.entries(base === undefined ? (csp?.directives ?? {}) : basis(base)));
  for (const [name, value] of Object.entries(directives)) {
    const given = givenSources(name, value, place);
    if (given === undefined) return undefined;
    if (given === null) built.delete(name);
    else built.set(name, given);
  }
  for (const [name, more] of Object.entries(add)) built.set(name, [...new Set([...present(built, name), ...plain(more)])]);
  if (!isSound(built, place)) return undefined;
  return { directives: Object.fromEntries(built), reportOnly };
}

/** All keys but the named ones are directives. */
function assumeDirectives(directives: unknown): asserts directives is Readonly<Record<string, Static<typeof directive>>> {
  void directives;
}

function basis(name: 'strict' | 'api' | 'none'): CspDirectives {
  return name === 'none' ? {} : CSP_BASES[name];
}

function plain(value: string | readonly string[]): string[] {
  return [value].flat().flatMap((item) => parseCspSources(item));
}

/** Null: the directive is left out. */
function givenSources(name: string, value: string | readonly string[] | boolean, place: Context): string[] | null | undefined {
  if (value === false) return null;
  if (value !== true && name !== 'sandbox' && isBareDirective(name)) {
    place.report.error(place.at(name), `\`${name}\` stands alone`, 'Write `true`, or `false` to leave it out.');
    return undefined;
  }
  if (value !== true) return plain(value);
  if (isBareDirective(name)) return [];
  place.report.error(place.at(name), `\`${name}\` needs sources`, 'Such as `self` or `https://cdn.example.com`; `none` allows nothing.');
  return undefined;
}

/** What holds for a directive so far. */
function present(built: ReadonlyMap<string, readonly string[]>, name: string): readonly string[] {
  const own = built.get(name) ?? (isFetchDirective(name) ? (built.get('default-src') ?? []) : []);
  return own.filter((item) => item !== "'none'");
}

function isSound(built: ReadonlyMap<string, readonly string[]>, place: Context): boolean {
  if (built.size === 0) place.report.error(place.at(), 'this Content-Security-Policy has no directives', 'Give it some, such as `default-src: self`, or a `base`, or write `off`.');
  const mixed = [...built].find(([, items]) => items.length > 1 && items.includes("'none'"));
  if (mixed !== undefined) place.report.error(place.at(mixed[0]), `\`${mixed[0]}\` has \`none\` beside other sources`, 'Browsers ignore it there. Remove one or the other.');
  return built.size > 0 && mixed === undefined;
}
