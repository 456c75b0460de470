import type { Static } from 'typebox';
import { Type } from '../../../lib/schema-type.ts';
import { permissionsAllowlist } from '../../permissions-allowlist.ts';
import { oneOrMore, text } from '../../schema/value.ts';

const FEATURES_MAX = 100;

const features = Type.Record(Type.String(), oneOrMore(text('permissionsOrigin', { description: 'An origin.' }), '`none`, `self`, `*` or an origin', { description: '`none`, `self`, `*`, or origins.' }), {
  propertyNames: { text: 'permissionsFeature' },
  maxProperties: FEATURES_MAX,
  description: 'Features of the browser, each with who may use it.',
  expects: 'features such as `camera: none`',
});

export const permissionsOption = Type.Union([Type.Enum(['off'], { description: 'Not sent.' }), features], {
  description: 'Permissions-Policy: which features of the browser a page and its frames may use. No preset has it.',
  expects: '`off`, or features such as `camera: none`',
  examples: [{ camera: 'none', microphone: 'none', geolocation: ['self', 'https://maps.example.com'] }],
});

/** The value of the header; null: not sent. */
export function resolvePermissions(raw: Static<typeof permissionsOption> | undefined): string | null {
  if (raw === undefined || raw === 'off') return null;
  const members = Object.entries(raw).map(([feature, origins]) => `${feature}=${permissionsAllowlist([origins].flat())}`);
  return members.length === 0 ? null : members.join(', ');
}
