import { isIP } from 'node:net';

/** Names that no public authority signs, because nobody owns them: RFC 6761, 6762, 7686 and 8375, and those that networks use all the same. */
const PRIVATE_ENDINGS = new Set([
  'local', 'localhost', 'internal', 'test', 'invalid', 'example', 'onion', 'alt', 'lan', 'home', 'corp', 'intranet', 'private', 'localdomain',
]);
const HOME_NETWORK = 'home.arpa';

/**
 * Whether a public authority could sign a certificate for a host as routes write it: a name with a dot below an
 * ending that exists on the internet. A wildcard is judged by the name behind it.
 */
export function isPublicHost(host: string): boolean {
  const name = host.startsWith('*.') ? host.slice(2) : host;
  if (name.startsWith('[') || isIP(name) !== 0) return false;
  const labels = name.split('.');
  if (labels.length < 2 || name === HOME_NETWORK || name.endsWith(`.${HOME_NETWORK}`)) return false;
  // An underscore is allowed in DNS and not in a certificate (RFC 5280 §4.2.1.6, CA/B baseline requirements 7.1.4.2.1).
  return !PRIVATE_ENDINGS.has(labels.at(-1) ?? '') && !name.includes('_');
}
