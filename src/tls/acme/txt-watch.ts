import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';

/** Aliases followed from a challenge name to where its records are kept. */
const ALIASES_MAX = 8;
const QUERY_TIMEOUT_MS = 5000;
const QUERY_TRIES = 2;
/** A zone with more name servers than this is asked at the first of them. */
const SERVERS_MAX = 8;

/** What is asked of DNS. Each rejects where there is no such record, or no answer. */
export interface DnsLookup {
  cname(name: string): Promise<readonly string[]>;
  nameServers(zone: string): Promise<readonly string[]>;
  addresses(host: string): Promise<readonly string[]>;
  /** Asked of this server itself, past every cache. */
  txt(server: string, name: string): Promise<readonly string[]>;
}

export const systemLookup: DnsLookup = {
  cname: async (name) => newResolver().resolveCname(name),
  nameServers: async (zone) => newResolver().resolveNs(zone),
  async addresses(host) {
    const found = await Promise.allSettled([newResolver().resolve4(host), newResolver().resolve6(host)]);
    return found.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  },
  async txt(server, name) {
    const resolver = newResolver();
    resolver.setServers([isIP(server) === 6 ? `[${server}]` : server]);
    return (await resolver.resolveTxt(name)).map((parts) => parts.join(''));
  },
};

/**
 * Whether every name server of the zone shows `value` as TXT of `fqdn`, aliases followed. A server that cannot be
 * reached from here counts as one that does not. Never rejects.
 */
export async function isPublished(lookup: DnsLookup, fqdn: string, value: string): Promise<boolean> {
  const name = await followAliases(lookup, fqdn, ALIASES_MAX);
  const servers = await serversOf(lookup, name);
  const hosts = await Promise.all(servers.slice(0, SERVERS_MAX).map(async (server) => hasRecord(lookup, server, name, value)));
  return hosts.length > 0 && hosts.every(Boolean);
}

async function followAliases(lookup: DnsLookup, name: string, left: number): Promise<string> {
  const [alias] = await lookup.cname(name).catch(() => []);
  return alias === undefined || left === 0 ? name : followAliases(lookup, alias, left - 1);
}

/** The nearest name above that has name servers is the zone's own; a top-level domain is nobody's. */
async function serversOf(lookup: DnsLookup, name: string): Promise<readonly string[]> {
  if (!name.includes('.')) return [];
  const found = await lookup.nameServers(name).catch(() => []);
  return found.length > 0 ? found : serversOf(lookup, name.slice(name.indexOf('.') + 1));
}

/** A name server often has an IPv6 address that is out of reach from here: one that answers is enough. */
async function hasRecord(lookup: DnsLookup, server: string, name: string, value: string): Promise<boolean> {
  const addresses = await lookup.addresses(server).catch(() => []);
  const answers = await Promise.allSettled(addresses.map(async (address) => lookup.txt(address, name)));
  return answers.some((answer) => answer.status === 'fulfilled' && answer.value.includes(value));
}

function newResolver(): Resolver {
  return new Resolver({ timeout: QUERY_TIMEOUT_MS, tries: QUERY_TRIES });
}
