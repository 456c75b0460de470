import { closest } from '../lib/closest.ts';

interface KnownCa {
  readonly directory: string;
  /** Null: it has none. */
  readonly staging: string | null;
  /** Takes only accounts that are bound to one of its own (RFC 8555 §7.3.4). */
  readonly needsBinding: boolean;
}

const LETS_ENCRYPT_STAGING = 'https://acme-staging-v02.api.letsencrypt.org/directory';

/** Authorities that a configuration can name. */
export const KNOWN_CAS: ReadonlyMap<string, KnownCa> = new Map([
  ['letsencrypt', { directory: 'https://acme-v02.api.letsencrypt.org/directory', staging: LETS_ENCRYPT_STAGING, needsBinding: false }],
  ['letsencrypt-staging', { directory: LETS_ENCRYPT_STAGING, staging: null, needsBinding: false }],
  ['zerossl', { directory: 'https://acme.zerossl.com/v2/DV90', staging: null, needsBinding: true }],
  // Its staging directory wants a binding of its own, so that a failed order cannot be tried there with this one.
  ['google', { directory: 'https://dv.acme-v02.api.pki.goog/directory', staging: null, needsBinding: true }],
  ['buypass', { directory: 'https://api.buypass.com/acme/directory', staging: 'https://api.test4.buypass.no/acme/directory', needsBinding: false }],
]);

/** @throws RangeError where no authority has this name */
export function checkCaName(name: string): void {
  if (KNOWN_CAS.has(name)) return;
  const names = [...KNOWN_CAS.keys()];
  const meant = closest(name, names);
  throw new RangeError(`\`${name}\` is not an authority known here: ${meant === null ? `${names.join(', ')} are, and any other can be written as \`{ directory: URL }\`` : `did you mean \`${meant}\`?`}`);
}
