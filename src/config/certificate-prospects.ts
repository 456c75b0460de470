import { isIP } from 'node:net';
import type { Config, ListenConfig } from './config.ts';
import { isPublicHost } from './public-host.ts';
import type { AcmeChallenge, AcmeConfig } from './tls-config.ts';

const HTTP_PORT = 80;
const HTTPS_PORT = 443;

/** Whether a host can have a certificate by ACME. */
interface Prospect {
  /** As routes write it. */
  readonly host: string;
  /** Why it can have none, as the end of a sentence; null: nothing speaks against it. */
  readonly obstacle: string | null;
}

/**
 * What is to be expected of each host of the configuration, in its order: the listed ones, else those of the routes
 * without those that a certificate of the user's own covers. Empty without `acme`.
 */
export function certificateProspects(config: Pick<Config, 'acme' | 'listen' | 'routes'>, covers: (host: string) => boolean): Prospect[] {
  const { acme, listen, routes } = config;
  if (acme === null) return [];
  const routed = routes.flatMap(({ matches }) => matches.map(({ host }) => host)).filter((host) => host !== null && !covers(host));
  const hosts = new Set(acme.hosts ?? routed.filter((host) => host !== null));
  return Array.from(hosts, (host) => ({ host, obstacle: obstacleOf(host, acme, listen) }));
}

/** Why a host can have no certificate by ACME, as the end of a sentence; null: nothing speaks against it. */
export function obstacleOf(host: string, acme: AcmeConfig, listen: ListenConfig): string | null {
  if (listen.https.length === 0) return '`listen` has no `https`';
  if (host.startsWith('[') || isIP(host) !== 0) return 'it is an address, not a name';
  // An authority of one's own signs what it likes, where that was asked for by name.
  if (!isPublicHost(host) && (acme.hosts === null || acme.cas.some(({ trust }) => trust === null))) return 'its name is not a public one';
  if (host.startsWith('*.') && !acme.challenges.includes('dns-01')) return 'a wildcard needs the challenge `dns-01`';
  return closedDoor(acme.challenges, listen);
}

/** Why no challenge can be answered at all, as the end of a sentence. A port that may be mapped counts as open. */
function closedDoor(challenges: readonly AcmeChallenge[], listen: ListenConfig): string | null {
  if (challenges.includes('dns-01')) return null;
  if (challenges.includes('tls-alpn-01') && listen.https.length > 0) return null;
  if (challenges.includes('http-01') && listen.http.length > 0) return null;
  return challenges.includes('http-01') ? '`http-01` needs port 80, `listen` has no `http`, and `tls-alpn-01` is off' : '`tls-alpn-01` needs port 443, and `listen` has no `https`';
}

/** What must be so outside of this machine for a challenge to arrive, as a sentence; null where our own ports are the right ones. */
export function mappingNeeded(challenges: readonly AcmeChallenge[], { http, https }: Pick<ListenConfig, 'http' | 'https'>): string | null {
  const needs: string[] = [];
  for (const challenge of challenges) {
    const [port, ours] = challenge === 'http-01' ? [HTTP_PORT, http] : [HTTPS_PORT, https];
    if (challenge === 'dns-01' || ours.some((address) => address.port === port)) return null;
    const [first] = ours;
    if (first !== undefined) needs.push(`port ${port} of the host must lead to our port ${first.port} (\`${challenge}\`)`);
  }
  return needs.length === 0 ? null : needs.join(', or ');
}
