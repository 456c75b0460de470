import type { Config } from '../config/config.ts';
import type { Clock } from '../lib/clock.ts';
import { readCertificateFiles } from './certificate-files.ts';
import { planHosts } from './host-plan.ts';
import { LOCAL_NAMES } from './local-certificates.ts';

/**
 * The names that a gateway with this configuration has certificates for, once what it orders has come. Nothing is ordered and
 * nobody is asked. A certificate file that cannot be used counts for nothing.
 */
export async function expectedNames(config: Config, clock: Clock): Promise<ReadonlySet<string>> {
  const nowMs = clock.now();
  const read = await Promise.allSettled(config.tls.certificates.map(async (files) => readCertificateFiles(files, nowMs, SILENT)));
  const covered = new Set(read.flatMap((result) => (result.status === 'fulfilled' ? result.value.names : [])));
  const { orders, local } = planHosts(config, covered, SILENT);
  const needsLocal = local.length > 0 || (covered.size === 0 && orders.length === 0);
  return new Set([...covered, ...orders.flat(), ...local, ...(needsLocal ? LOCAL_NAMES : [])]);
}

const SILENT = { info: ignore, warn: ignore };

function ignore(): void {
  // Who wants to know what is wrong with a certificate asks `sluice check`.
}
