import { AdminClientError } from '../admin/admin-client.ts';
import { adminToken } from '../admin/admin-token.ts';
import { getCertificates, postRenewal } from '../admin/certificates-client.ts';
import type { ListenAddress } from '../config/config.ts';
import type { CertificateStatus } from '../tls/keeper-status.ts';
import type { CommandOptions } from './command-options.ts';
import { readConfig } from './read-config.ts';
import { Exit, type Terminal } from './terminal.ts';

const HEADINGS = ['HOST', 'SOURCE', 'ISSUER', 'NOT AFTER', 'RENEWAL'];
/** More names of one certificate than this are counted. */
const NAMES_SHOWN_MAX = 3;

/** `sluice certs`: what the running gateway, at the admin address of the file, knows of its certificates; or orders one. */
export async function certs(file: string, terminal: Terminal, { json, renew }: Pick<CommandOptions, 'json' | 'renew'>): Promise<number> {
  const config = readConfig(file, terminal);
  if (config === null) return Exit.Wrong;
  const { admin } = config.listen;
  if (admin === null) {
    terminal.err('sluice: the configuration says `admin: off`, so nobody can be asked.');
    return Exit.Failed;
  }
  try {
    if (renew !== null) return await orderOne(admin, renew, terminal);
    const certificates = await getCertificates(admin, adminToken(terminal.env));
    terminal.out(json ? JSON.stringify(certificates, null, 2) : describe(certificates));
    return Exit.Ok;
  } catch (error) {
    if (!(error instanceof AdminClientError)) throw error;
    terminal.err(`sluice: ${error.message}`);
    return Exit.Failed;
  }
}

async function orderOne(admin: ListenAddress, host: string, terminal: Terminal): Promise<number> {
  const notAfter = await postRenewal(admin, host, adminToken(terminal.env));
  terminal.out(notAfter === null ? `The order for ${host} is running; sluice certs shows what comes of it.` : `Renewed: ${host}, valid until ${notAfter}.`);
  return Exit.Ok;
}

function describe(certificates: readonly CertificateStatus[]): string {
  if (certificates.length === 0) return 'There are no certificates: `listen` has no `https`.';
  const rows = certificates.map(cellsOf);
  const widths = HEADINGS.map((heading, column) => Math.max(heading.length, ...rows.map((cells) => (cells[column] ?? '').length)));
  const line = (cells: readonly string[]): string => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd();
  return [line(HEADINGS), ...certificates.flatMap((certificate, row) => [line(rows[row] ?? []), ...remarksOf(certificate)])].join('\n');
}

function cellsOf({ names, source, issuer, notAfter, renewal, pendingSince }: CertificateStatus): string[] {
  const more = names.length - NAMES_SHOWN_MAX;
  const hosts = `${names.slice(0, NAMES_SHOWN_MAX).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  const when = renewal.at === null ? renewal.why : `${minute(renewal.at)}, ${renewal.why}`;
  return [hosts, source, issuer ?? '-', pendingSince === null ? minute(notAfter ?? '') : 'none yet', when];
}

/** Below its line, what somebody may have to do something about. */
function remarksOf({ pendingSince, lastError }: CertificateStatus): string[] {
  const remarks: string[] = [];
  if (pendingSince !== null) remarks.push(`  waiting since ${minute(pendingSince)}`);
  if (lastError !== null) {
    const next = lastError.nextAttempt === null ? '' : `; next attempt ${minute(lastError.nextAttempt)}`;
    remarks.push(`  ${minute(lastError.at)}: ${lastError.text}${next}`);
  }
  return remarks;
}

/** `2026-01-31T12:34:56.789Z` → `2026-01-31 12:34Z`. */
function minute(iso: string): string {
  return iso === '' ? '-' : `${iso.slice(0, -8).replace('T', ' ')}Z`;
}
