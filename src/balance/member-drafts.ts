import { isIP } from 'node:net';
import type { TargetConfig } from '../config/upstream-config.ts';
import { addressText } from '../lib/address-text.ts';
import type { MemberSpec } from './member.ts';
import type { NameRecord } from './name-lookup.ts';

/** A member that has no slot yet. */
export type MemberDraft = Omit<MemberSpec, 'slot'>;

const WEIGHT_MAX = 1000;

/**
 * Whether a target stands for what a name resolves to. Unix sockets and addresses do not. Nor does
 * `localhost`: it is one place in two families, of which apps often serve only one, so the system tries
 * both for each connection, as everybody does (RFC 6761 §6.3: it is not to be asked of DNS either).
 */
export function isResolved({ path, host, srv }: TargetConfig): boolean {
  return path === null && (srv || (isIP(host) === 0 && host !== 'localhost'));
}

/** The members a target stands for, where `records` is what its name resolves to. */
export function membersOf(target: TargetConfig, records: readonly NameRecord[]): MemberDraft[] {
  const { name, path, host, port } = target;
  if (!isResolved(target)) return [{ key: name, target, address: path === null ? host : null, port }];
  const scale = weightScale(target.weight, records);
  return records.map(({ address, host: offeredBy, service }): MemberDraft => {
    if (service === null) return { key: `${name}@${address}`, target, address, port };
    return {
      key: `${name}@${addressText({ host: address, port: service.port })}`,
      // The name of SRV records is no name of a host: Host, SNI and certificate are those of the host that offers.
      target: {
        ...target,
        host: offeredBy,
        port: service.port,
        weight: Math.max(1, Math.round(service.weight * scale)),
        backup: target.backup || service.backup,
      },
      address,
      port: service.port,
    };
  });
}

/** SRV weights go to 65535, ours to 1000: their proportions stay. Weight 0 is "hardly ever" (RFC 2782). */
function weightScale(targetWeight: number, records: readonly NameRecord[]): number {
  const heaviest = Math.max(1, ...records.map(({ service }) => service?.weight ?? 0));
  return Math.min(targetWeight, WEIGHT_MAX / heaviest);
}
