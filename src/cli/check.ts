import { certificateProspects } from '../config/certificate-prospects.ts';
import type { Config } from '../config/config.ts';
import { systemClock } from '../lib/clock.ts';
import { CertificateError } from '../tls/certificate-error.ts';
import { readCertificateFiles } from '../tls/certificate-files.ts';
import { isCovered, normalizeName } from '../tls/server-name.ts';
import { readConfig } from './read-config.ts';
import { Exit, type Terminal } from './terminal.ts';

/** More hosts than this are counted, not listed. */
const HOSTS_SHOWN_MAX = 50;

/** `sluice check`: everything that is wrong with the configuration and its certificates, without touching a port. */
export async function check(file: string, terminal: Terminal): Promise<number> {
  const config = readConfig(file, terminal);
  if (config === null) return Exit.Wrong;
  const names = await certificateNames(config, terminal);
  if (names === null) return Exit.Wrong;
  terminal.out([
    `${file} is valid: ${count(config.routes.length, 'route')}, ${count(config.upstreams.length, 'upstream')}.`,
    ...describeAcme(config, names),
  ].join('\n'));
  return Exit.Ok;
}

/** What the configured certificates are for; null, and the reasons printed, where one cannot be used. */
async function certificateNames({ tls: { certificates } }: Config, terminal: Terminal): Promise<ReadonlySet<string> | null> {
  const warn = (message: string, fields?: object): void => terminal.err(`warning: ${message} ${JSON.stringify(fields ?? {})}`);
  const results = await Promise.allSettled(certificates.map(async (files) => readCertificateFiles(files, systemClock.now(), { info: warn, warn })));
  const names = new Set<string>();
  let isUsable = true;
  for (const result of results) {
    if (result.status === 'fulfilled') for (const name of result.value.names) names.add(name);
    else if (result.reason instanceof CertificateError) {
      isUsable = false;
      terminal.err(`error: ${result.reason.message}`);
    } else throw result.reason;
  }
  return isUsable ? names : null;
}

/** Which hosts cannot have a certificate by ACME, and why. */
function describeAcme(config: Config, names: ReadonlySet<string>): string[] {
  if (config.acme === null) return [];
  const prospects = certificateProspects(config, (host) => isCovered(normalizeName(host), names));
  const without = prospects.filter(({ obstacle }) => obstacle !== null);
  const lines = [`ACME: ${count(prospects.length - without.length, 'host')} can have a certificate from ${config.acme.cas.map(({ name }) => name).join(', else ')}.`];
  const meanwhile = config.acme.whilePending === 'local' ? 'the local authority signs one' : 'connections to it are refused';
  for (const { host, obstacle } of without.slice(0, HOSTS_SHOWN_MAX)) lines.push(`  ${host} cannot: ${obstacle}; ${meanwhile}.`);
  if (without.length > HOSTS_SHOWN_MAX) lines.push(`  … and ${without.length - HOSTS_SHOWN_MAX} more cannot.`);
  return lines;
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}
