import { getCertificates, postRenewal } from '../admin/certificates-client.ts';
import type { ListenAddress } from '../config/config.ts';
import { escapeControls } from '../observe/safe-text.ts';
import type { CertificateStatus } from '../tls/keeper-status.ts';
import type { CommandOptions } from './command-options.ts';
import { jsonPage } from './json-text.ts';
import { withGateway } from './running-gateway.ts';
import { tableLines } from './table.ts';
import type { Terminal } from './terminal.ts';
import { minuteText } from './time-text.ts';

const COLUMNS = [{ heading: 'HOST' }, { heading: 'SOURCE' }, { heading: 'ISSUER' }, { heading: 'NOT AFTER' }, { heading: 'RENEWAL' }];
/** More names of one certificate than this are counted. */
const NAMES_SHOWN_MAX = 3;

/** `sluice certs`: what the running gateway, at the admin address of the file, knows of its certificates; or orders one. */
export async function certs(file: string, terminal: Terminal, { json, renew }: Pick<CommandOptions, 'json' | 'renew'>): Promise<number> {
  return withGateway(file, terminal, async ({ address, token }) => {
    if (renew !== null) {
      await orderOne(address, token, renew, terminal);
      return;
    }
    const certificates = await getCertificates(address, token);
    terminal.out(json ? jsonPage(certificates) : describe(certificates));
  });
}

async function orderOne(admin: ListenAddress, token: string | null, host: string, terminal: Terminal): Promise<void> {
  const notAfter = await postRenewal(admin, host, token);
  terminal.out(notAfter === null ? `The order for ${host} is running; sluice certs shows what comes of it.` : `Renewed: ${host}, valid until ${notAfter}.`);
}

function describe(certificates: readonly CertificateStatus[]): string {
  if (certificates.length === 0) return 'There are no certificates: `listen` has no `https`.';
  const [headings = '', ...rows] = tableLines(COLUMNS, certificates.map(cellsOf));
  return [headings, ...certificates.flatMap((certificate, row) => [rows[row] ?? '', ...remarksOf(certificate)])].join('\n');
}

function cellsOf({ names, source, issuer, notAfter, renewal, pendingSince }: CertificateStatus): string[] {
  const more = names.length - NAMES_SHOWN_MAX;
  const hosts = `${names.slice(0, NAMES_SHOWN_MAX).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  const when = renewal.at === null ? renewal.why : `${minuteText(renewal.at)}, ${renewal.why}`;
  return [hosts, source, issuer ?? '-', pendingSince === null ? minuteText(notAfter ?? '') : 'none yet', when];
}

/** Below its line, what somebody may have to do something about. */
function remarksOf({ pendingSince, lastError }: CertificateStatus): string[] {
  const remarks: string[] = [];
  if (pendingSince !== null) remarks.push(`  waiting since ${minuteText(pendingSince)}`);
  if (lastError !== null) {
    const next = lastError.nextAttempt === null ? '' : `; next attempt ${minuteText(lastError.nextAttempt)}`;
    remarks.push(`  ${minuteText(lastError.at)}: ${escapeControls(lastError.text)}${next}`);
  }
  return remarks;
}
