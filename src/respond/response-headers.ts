/**
 * Response headers that end at this hop (RFC 9110 §7.6.1). Framing towards the client is written by its
 * own protocol; Content-Length is kept, because it is true for the client too.
 */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/** Header names as upstreams wrote them, with the verdict; bounded, so that made-up names cannot grow it. */
const SEEN_MAX = 2048;
const seen = new Map<string, boolean>();

function isHopByHop(name: string): boolean {
  const known = seen.get(name);
  if (known !== undefined) return known;
  const verdict = HOP_BY_HOP.has(name.toLowerCase());
  if (seen.size < SEEN_MAX) seen.set(name, verdict);
  return verdict;
}

/**
 * The upstream's headers that are the client's to see; the same array where all of them are.
 * @param named lower-case names that the upstream's Connection lists.
 */
export function endToEndHeaders(raw: string[], named: readonly string[]): string[] {
  let kept: string[] | null = null;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!;
    const drop = isHopByHop(name) || (named.length > 0 && named.includes(name.toLowerCase()));
    if (drop && kept === null) kept = raw.slice(0, i);
    else if (!drop && kept !== null) kept.push(name, raw[i + 1]!);
  }
  return kept ?? raw;
}

