import { promises as dns, type RecordWithTtl, type SrvRecord } from 'node:dns';

/** Of one try; each further one waits twice as long. Together they stay below the deadline of a lookup. */
const TRY_MS = 1000;
const TRIES = 2;

/** What DNS says of one name: both families, and what could not be learnt. */
interface DnsAnswer {
  readonly records: readonly RecordWithTtl[];
  /** Families for which there was neither an answer nor the word that there are none. */
  readonly unknownFamilies: readonly (4 | 6)[];
  /** Code of the first failure, such as `ENOTFOUND`; null where both families answered. */
  readonly failure: string | null;
}

/**
 * Questions of one lookup to DNS servers. Made anew for each lookup (25 µs), so that a changed
 * resolv.conf is seen and a late one can be cancelled without harm to others.
 */
export class DnsQuestion {
  readonly #resolver = new dns.Resolver({ timeout: TRY_MS, tries: TRIES });

  /** @param servers `address:port`; empty: the system's. */
  constructor(servers: readonly string[]) {
    if (servers.length > 0) this.#resolver.setServers(servers);
  }

  /** A and AAAA. Never rejects. */
  async addresses(name: string): Promise<DnsAnswer> {
    const [v4, v6] = await Promise.allSettled([
      this.#resolver.resolve4(name, { ttl: true }),
      this.#resolver.resolve6(name, { ttl: true }),
    ]);
    const failures = [v4, v6].map((result) => (result.status === 'rejected' ? codeOf(result.reason) : null));
    return {
      records: [v4, v6].flatMap((result) => (result.status === 'fulfilled' ? result.value : [])),
      unknownFamilies: ([4, 6] as const).filter((_, index) => !isDenial(failures[index] ?? null)),
      failure: failures.find((code) => code !== null) ?? null,
    };
  }

  /** @throws Error with a `code` as DNS has it. */
  async services(name: string): Promise<readonly SrvRecord[]> {
    return this.#resolver.resolveSrv(name);
  }

  cancel(): void {
    this.#resolver.cancel();
  }
}

/** Words for what went wrong with a name. */
export function lookupFailureText(code: string): string {
  return FAILURES.get(code) ?? code;
}

const FAILURES = new Map([
  ['ENOTFOUND', 'there is no such name'],
  ['ENODATA', 'the name has no address'],
  ['ESERVFAIL', 'the DNS server failed (SERVFAIL)'],
  ['EREFUSED', 'the DNS server refused to answer'],
  ['ETIMEOUT', 'the DNS server does not answer'],
  ['ECONNREFUSED', 'there is no DNS server at its address'],
  ['EBADRESP', 'the DNS server sent something that is no answer'],
  ['EAI_AGAIN', 'the system cannot resolve names at the moment'],
]);

export function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : String(error);
}

/** True where the server has said that there are none, and where it has answered. */
function isDenial(code: string | null): boolean {
  return code === null || code === 'ENOTFOUND' || code === 'ENODATA';
}
