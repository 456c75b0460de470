import { createHmac } from 'node:crypto';
import type { MaskConfig } from '../config/access-log-config.ts';
import { formatIpAddress, parseIpAddress } from '../lib/ip-address.ts';

/** Clients come back, and a hash costs microseconds: so many are remembered. */
const REMEMBERED_MAX = 4096;
const HASH_CHARS = 16;
const IPV4_NETWORK = 0xffffff00;
const IPV6_NETWORK = 0xffff0000;
/** An address in a text such as X-Forwarded-For or Forwarded, with or without brackets. */
const LISTED = /(?<![0-9A-Fa-f])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f.]{0,15}){2,8}|(?<![0-9])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9])/g;

/** How the address of a client is written. What is no address, such as '' for a unix socket, is left as it is. */
export function createAddressMask({ address, key }: Pick<MaskConfig, 'address' | 'key'>, secret: Uint8Array): (address: string) => string {
  if (address === 'keep') return (text) => text;
  const mask = address === 'truncate' ? truncated : (text: string): string => hashed(text, key ?? secret);
  const remembered = new Map<string, string>();
  return (text) => {
    const known = remembered.get(text);
    if (known !== undefined) return known;
    const masked = mask(text);
    if (remembered.size >= REMEMBERED_MAX) remembered.clear();
    remembered.set(text, masked);
    return masked;
  };
}

/** Every address in a text, such as the value of X-Forwarded-For. @param isUrl else `Chrome/120.0.0.0` is a program with its version. */
export function maskListed(text: string, mask: (address: string) => string, isUrl = true): string {
  return text.replaceAll(LISTED, (found: string, at: number) => {
    const isVersion = !isUrl && at > 1 && text[at - 1] === '/' && /[a-z0-9]/i.test(text[at - 2] ?? '');
    return isVersion || parseIpAddress(found) === null ? found : mask(found);
  });
}

/** To the /24, and of IPv6 to the /48, which is what one customer has. */
function truncated(text: string): string {
  const parsed = parseIpAddress(text);
  if (parsed === null) return text;
  const [first, second, third, fourth] = parsed.words;
  if (parsed.isIpv4) return formatIpAddress({ isIpv4: true, words: [first, second, third, (fourth & IPV4_NETWORK) >>> 0] });
  return formatIpAddress({ isIpv4: false, words: [first, (second & IPV6_NETWORK) >>> 0, 0, 0] });
}

/** With a key, because all addresses there are can be hashed in an hour. */
function hashed(text: string, key: string | Uint8Array): string {
  if (parseIpAddress(text) === null) return text;
  return createHmac('sha256', key).update(text).digest('hex').slice(0, HASH_CHARS);
}
