import type { MaskConfig } from '../config/access-log-config.ts';
import { compileRegex, type Regex } from '../lib/regex.ts';
import { maskListed } from './address-mask.ts';
import { maskEmails } from './email-mask.ts';
import { maskNumbers } from './number-mask.ts';
import { plainForm } from './plain-form.ts';

/** More of a value is never written, so more is not looked at. */
const LOOKED_AT_CHARS = 2048;
/** The longest thing that is masked: of a longer text so much is left out at its end, where one may have been cut in two. */
const CUT_CHARS = 320;

interface TextMaskOptions {
  /** Patterns match whatever the case of letters: a host has lost that of the client. */
  readonly anyCase?: boolean;
  /** Addresses are masked by it, too. */
  readonly address?: ((address: string) => string) | null;
  /** What stands behind a slash is a part of a URL; else it is the version of a program. */
  readonly isUrl?: boolean;
}

/**
 * Replaces the personal data in texts. Where some of it is written in a roundabout way, such as with escapes, the text is shown
 * in its plain form, without it.
 */
export function createTextMask(config: MaskConfig, { anyCase = false, address = null, isUrl = false }: TextMaskOptions = {}): (text: string) => string {
  const { email, phone, card, patterns } = config;
  const masksAddresses = address !== null && config.address !== 'keep';
  if (!email && !phone && !card && patterns.length === 0 && !masksAddresses) return (text) => text;
  const flags = anyCase ? '(?i)' : '';
  const rules = patterns.map(({ name, pattern }) => ({ regex: compileRegex(flags + pattern), label: `[${name}]` }));
  // One pass tells that there is nothing to replace, which is nearly always so.
  const any: Regex | null = rules.length === 0 ? null : compileRegex(flags + patterns.map(({ pattern }) => `(?:${pattern})`).join('|'));
  const maskOnce = (text: string): string => {
    let masked = text;
    if (any?.test(masked) === true) for (const { regex, label } of rules) masked = regex.replaceAll(masked, label);
    if (email) masked = maskEmails(masked);
    if (phone || card) masked = maskNumbers(masked, phone, card);
    return masksAddresses ? maskListed(masked, address, isUrl) : masked;
  };
  const maskWhole = (text: string): string => {
    const masked = maskOnce(text);
    // What was found between escapes of escapes may be half of it.
    if (masked !== text && text.includes('%25')) return maskOnce(plainForm(text));
    const plain = plainForm(masked);
    if (plain === masked) return masked;
    const again = maskOnce(plain);
    return again === plain ? masked : again;
  };
  return (text) => (text.length <= LOOKED_AT_CHARS ? maskWhole(text) : `${maskWhole(text.slice(0, LOOKED_AT_CHARS)).slice(0, -CUT_CHARS)}…`);
}
