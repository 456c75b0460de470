import { CidrSet } from '../lib/cidr.ts';
import { formatIpAddress, type IpAddress, normaliseAddress, parseIpAddress } from '../lib/ip-address.ts';

/** Longer chains of our own proxies do not exist, so the walk over a forged header ends here. */
const HOPS_MAX = 32;
/** An IPv6 address with zone, brackets, port and blanks. */
const ENTRY_LENGTH_MAX = 128;
const BRACKETED = /^\[([^\]]+)\](?::[0-9]{1,5})?$/;
const IPV4_WITH_PORT = /^([0-9.]+):[0-9]{1,5}$/;

/** The proxies in front of the gateway, whose word on the client's address is taken. */
export class TrustedProxies {
  readonly #blocks: CidrSet;

  /** @throws {Error} for a text that is no CIDR block. */
  constructor(blocks: readonly string[]) {
    this.#blocks = new CidrSet(blocks);
  }

  /** Whether the headers of this peer are believed. A peer without an address (a unix socket) is a stranger. */
  isTrusted(address: string | undefined): boolean {
    if (this.#blocks.isEmpty || address === undefined || address === '') return false;
    const parsed = parseIpAddress(address);
    return parsed !== null && this.#blocks.has(parsed);
  }

  /**
   * The address of the client: the last one of X-Forwarded-For that is not a trusted proxy, or its first
   * where all are (nginx: `real_ip_recursive on`). An entry that is no address ends the walk at the last
   * good one. The peer itself where it is not trusted. Ports and brackets of entries are dropped.
   */
  clientAddress(peer: string | undefined, forwardedFor: string | undefined): string {
    let client = normaliseAddress(peer);
    if (this.#blocks.isEmpty || forwardedFor === undefined || forwardedFor === '' || !this.isTrusted(peer)) return client;
    let end = forwardedFor.length;
    for (let hops = 0; hops < HOPS_MAX; hops += 1) {
      const comma = forwardedFor.lastIndexOf(',', end - 1);
      const address = parseEntry(forwardedFor.slice(comma + 1, end));
      if (address === null) return client;
      client = formatIpAddress(address);
      if (comma <= 0 || !this.#blocks.has(address)) return client;
      end = comma;
    }
    return client;
  }
}

function parseEntry(entry: string): IpAddress | null {
  if (entry.length > ENTRY_LENGTH_MAX) return null;
  const text = entry.trim();
  const bare = BRACKETED.exec(text)?.[1] ?? IPV4_WITH_PORT.exec(text)?.[1] ?? text;
  return parseIpAddress(bare);
}
