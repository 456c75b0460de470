const KEEP = 0;
const DROP = 1;
const FIRST = 2;
const TRAILER = 3;

/**
 * Response headers that are not simply kept. Those that end at this hop are dropped (RFC 9110 §7.6.1): framing
 * towards the client is written by its own protocol. Content-Length is kept, because it is true for the client too.
 */
const VERDICTS = new Map([
  ['connection', DROP],
  ['http2-settings', DROP],
  ['keep-alive', DROP],
  ['proxy-connection', DROP],
  ['proxy-authenticate', DROP],
  ['te', DROP],
  ['transfer-encoding', DROP],
  ['upgrade', DROP],
  // Behind a Content-Length, Node would decode it as UTF-8 and then refuse to send what comes out.
  ['content-disposition', FIRST],
  // Node refuses to announce trailers where none can follow.
  ['trailer', TRAILER],
]);

/** Header names as upstreams wrote them, with the verdict; bounded, so that made-up names cannot grow it. */
const SEEN_MAX = 2048;
const seen = new Map<string, number>();

function verdictOn(name: string): number {
  const known = seen.get(name);
  if (known !== undefined) return known;
  const verdict = VERDICTS.get(name.toLowerCase()) ?? KEEP;
  if (seen.size < SEEN_MAX) seen.set(name, verdict);
  return verdict;
}

/**
 * The upstream's headers that are the client's to see; the same array where all of them are.
 * @param named lower-case names that the upstream's Connection lists.
 * @param mayHaveTrailers the client can be sent trailers after this head.
 */
export function endToEndHeaders(raw: string[], named: readonly string[], mayHaveTrailers: boolean): string[] {
  let kept: string[] | null = null;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!;
    const verdict = named.length > 0 && named.includes(name.toLowerCase()) ? DROP : verdictOn(name);
    const stays = verdict === KEEP || (verdict === TRAILER && mayHaveTrailers);
    if (stays) kept?.push(name, raw[i + 1]!);
    else {
      kept ??= raw.slice(0, i);
      if (verdict === FIRST) kept.unshift(name, raw[i + 1]!);
    }
  }
  return kept ?? raw;
}
