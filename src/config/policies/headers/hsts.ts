import type { Static } from 'typebox';
import { Type } from '../../../lib/schema-type.ts';
import type { Context } from '../../context.ts';
import { parseHstsAge } from '../../hsts-age.ts';
import { closed, text } from '../../schema/value.ts';
import { type HstsConfig, PRESETS, type PresetName, USUAL_HSTS } from './preset.ts';

/** https://hstspreload.org */
const PRELOAD_SECONDS_MIN = 365 * 86_400;

const hstsSchema = Type.Object(
  {
    maxAge: Type.Optional(text('durationOfHsts', { default: '365d', description: 'How long browsers remember it. `0s` makes them forget, which a site needs that goes back to plain HTTP.', examples: ['1h'] })),
    includeSubDomains: Type.Optional(Type.Boolean({ description: 'It holds for every name below the host as well. Without it `true`, but `false` with the preset `standard`, because not all of them may have HTTPS.', expects: 'true or false' })),
    preload: Type.Optional(Type.Boolean({
      default: false,
      description: 'The site asks to be in the list that browsers are shipped with. That needs a `maxAge` of at least `365d` and `includeSubDomains`, and is hard to take back.',
      expects: 'true or false',
    })),
  },
  { ...closed, description: 'How long, and for which names.', expects: 'a set of options such as `maxAge: 365d`' },
);

export const hstsOption = Type.Union(
  [Type.Enum(['off'], { description: 'Not sent.' }), Type.Boolean({ description: '`true`: as the preset has it.', expects: 'true or false' }), hstsSchema],
  {
    description: 'Strict-Transport-Security: browsers come back by HTTPS only. Sent over HTTPS alone (RFC 6797); an upstream\'s own is taken out of answers over plain HTTP.',
    expects: '`off`, `true` or a set of options such as `maxAge: 365d`',
    examples: [{ maxAge: '365d', includeSubDomains: true, preload: true }, 'off'],
  },
);

/** @param place rooted at the option. @returns undefined where it cannot be used, which has been reported. */
export function resolveHsts(raw: Static<typeof hstsOption> | undefined, preset: PresetName, place: Context): HstsConfig | null | undefined {
  const { hsts } = PRESETS[preset];
  if (raw === undefined) return hsts;
  if (raw === 'off' || raw === false) return null;
  const usual = hsts ?? USUAL_HSTS;
  if (raw === true) return usual;
  const { maxAge, includeSubDomains = usual.includeSubDomains, preload = false } = raw;
  const maxAgeSeconds = maxAge === undefined ? usual.maxAgeSeconds : parseHstsAge(maxAge);
  if (preload && (maxAgeSeconds < PRELOAD_SECONDS_MIN || !includeSubDomains)) {
    place.report.error(place.key('preload'), 'the preload list takes no site without a `maxAge` of at least 365d and `includeSubDomains: true`', 'Give both, or remove `preload`.');
    return undefined;
  }
  return { maxAgeSeconds, includeSubDomains, preload };
}
