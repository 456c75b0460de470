import { lookup as systemLookup, type SrvRecord } from 'node:dns';
import { isIP, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { promisify } from 'node:util';
import type { Clock } from '../lib/clock.ts';
import { withDeadline } from '../lib/deadline.ts';
import { codeOf, DnsQuestion, lookupFailureText } from './dns-question.ts';
import { hostsFileAddresses } from './hosts-file.ts';

/** One address behind a name. */
export interface NameRecord {
  readonly address: string;
  /** The name whose address it is: the one asked for, or with SRV the one that its record names. */
  readonly host: string;
  /** From an SRV record, else null. Its weight is 0 to 65535; a backup has not the lowest priority there is. */
  readonly service: { readonly port: number; readonly weight: number; readonly backup: boolean } | null;
}

export interface NameAnswer {
  readonly records: readonly NameRecord[];
  readonly ttlMs: number;
  /** Whether an earlier record can be neither confirmed nor denied, as its question stayed without an answer. */
  isUnknown(earlier: NameRecord): boolean;
}

export interface NameQuery {
  /** Name of addresses, or with `srv` of SRV records. */
  readonly name: string;
  readonly srv: boolean;
  /** `address:port`; empty: the system's, and what else the system knows. */
  readonly servers: readonly string[];
}

/** @throws Error saying in words why there is no address; an answer has one at least. */
export type LookupName = (query: NameQuery) => Promise<NameAnswer>;

interface LookupServices {
  readonly clock: Clock;
  /** Default `/etc/hosts`. */
  readonly hostsFile?: string;
  /** Addresses by all that the system knows: getaddrinfo(3). */
  readonly askSystem?: (name: string) => Promise<readonly string[]>;
  /** Whether this machine can reach IPv6 addresses beyond itself. */
  readonly reachesIpv6?: () => boolean;
}

/** A whole lookup, whatever it asks on the way. */
const LOOKUP_MS = 5000;
/** Where the source gives none: hosts file, getaddrinfo, SRV records in Node. */
const UNKNOWN_TTL_MS = 10_000;
/** SRV records whose names are looked up. */
const SERVICES_MAX = 64;

/**
 * Looks names up as the system would, but with the TTL: hosts file, then A and AAAA, then getaddrinfo for
 * search domains, mDNS and the like. Own servers are asked alone: whoever names them wants no other answer.
 */
export function createNameLookup(services: LookupServices): LookupName {
  const { clock } = services;
  return async (query) => {
    const dns = new DnsQuestion(query.servers);
    const lookup = new Lookup(query, dns, services);
    try {
      return await withDeadline(clock, LOOKUP_MS, query.srv ? lookup.services() : lookup.addresses(query.name));
    } finally {
      dns.cancel();
    }
  };
}

class Lookup {
  readonly #query: NameQuery;
  readonly #dns: DnsQuestion;
  readonly #services: LookupServices;

  constructor(query: NameQuery, dns: DnsQuestion, services: LookupServices) {
    this.#query = query;
    this.#dns = dns;
    this.#services = services;
  }

  async addresses(name: string): Promise<NameAnswer> {
    if (isIP(name) !== 0) return this.#answer(name, [name], UNKNOWN_TTL_MS);
    const onlyDns = this.#query.servers.length > 0;
    const fixed = onlyDns ? [] : await hostsFileAddresses(this.#services.hostsFile ?? '/etc/hosts', name);
    if (fixed.length > 0) return this.#answer(name, fixed, UNKNOWN_TTL_MS);
    const { records, unknownFamilies, failure } = await this.#dns.addresses(name);
    if (records.length > 0) {
      const ttlMs = Math.min(...records.map(({ ttl }) => ttl)) * 1000;
      return this.#answer(name, records.map(({ address }) => address), ttlMs, unknownFamilies);
    }
    const known = onlyDns ? [] : await this.#askSystem(name);
    if (known.length === 0) throw new Error(lookupFailureText(failure ?? 'ENODATA'));
    return this.#answer(name, known, UNKNOWN_TTL_MS);
  }

  /** The addresses of every host that offers the service (RFC 2782). */
  async services(): Promise<NameAnswer> {
    const offers = await this.#offers();
    const lowest = Math.min(...offers.map(({ priority }) => priority));
    const results = await Promise.allSettled(offers.map(async ({ name }) => this.addresses(name)));
    const answers = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const lost = new Set(offers.filter((_, index) => results[index]?.status === 'rejected').map(({ name }) => name));
    if (answers.length === 0) throw new Error('none of the hosts that its SRV records name has an address');
    return {
      records: offers.flatMap(({ port, weight, priority }, index) => {
        const result = results[index];
        if (result?.status !== 'fulfilled') return [];
        return result.value.records.map((record) => ({ ...record, service: { port, weight, backup: priority > lowest } }));
      }),
      ttlMs: Math.min(UNKNOWN_TTL_MS, ...answers.map(({ ttlMs }) => ttlMs)),
      isUnknown: (earlier) => lost.has(earlier.host) || answers.some((answer) => answer.isUnknown(earlier)),
    };
  }

  async #offers(): Promise<readonly SrvRecord[]> {
    let records: readonly SrvRecord[];
    try {
      records = await this.#dns.services(this.#query.name);
    } catch (error) {
      throw new Error(lookupFailureText(codeOf(error)), { cause: error });
    }
    // A lone "." means that the service is not offered here; c-ares gives it as an empty name.
    const offers = records.filter(({ name }) => name !== '' && name !== '.').slice(0, SERVICES_MAX);
    if (offers.length === 0) throw new Error('its SRV records name no host');
    return offers;
  }

  async #askSystem(name: string): Promise<readonly string[]> {
    const ask = this.#services.askSystem ?? askGetaddrinfo;
    try {
      return await ask(name);
    } catch {
      // What DNS said is the better reason: the system has asked there too.
      return [];
    }
  }

  #answer(host: string, addresses: readonly string[], ttlMs: number, unknownFamilies: readonly number[] = []): NameAnswer {
    return {
      records: this.#reachable(addresses).map((address) => ({ address, host, service: null })),
      ttlMs,
      isUnknown: (earlier) => earlier.host === host && unknownFamilies.includes(isIP(earlier.address)),
    };
  }

  /** Without a way out over IPv6, an IPv6 address is of no use beside an IPv4 one (RFC 3493 §6.1, AI_ADDRCONFIG). */
  #reachable(addresses: readonly string[]): readonly string[] {
    const reaches = this.#services.reachesIpv6 ?? hasIpv6Address;
    const kept = addresses.filter((address) => !isIPv6(address) || address === '::1' || reaches());
    return kept.length > 0 ? kept : addresses;
  }
}

const getaddrinfo = promisify(systemLookup);

async function askGetaddrinfo(name: string): Promise<readonly string[]> {
  return (await getaddrinfo(name, { all: true })).map(({ address }) => address);
}

function hasIpv6Address(): boolean {
  return Object.values(networkInterfaces()).some((each) =>
    each?.some(({ family, internal, address }) => family === 'IPv6' && !internal && !address.startsWith('fe80:')));
}
