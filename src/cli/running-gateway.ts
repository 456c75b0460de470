import { AdminClientError, type AdminPlace } from '../admin/admin-client.ts';
import { ADMIN_TOKEN_VARIABLE, adminToken } from '../admin/admin-token.ts';
import { escapeControls } from '../observe/safe-text.ts';
import { readAdminAddress, readAdminAddressAgain } from './read-admin-address.ts';
import { Exit, type Terminal } from './terminal.ts';

/** @param seek where it listens by now: the place that the file names, which a reload may have changed. */
type Ask = (place: AdminPlace, seek: () => AdminPlace) => Promise<void | number>;

/** Asks the running gateway at the admin address of the file; what keeps it from answering is said in words. @returns the exit code. */
export async function withGateway(file: string, terminal: Terminal, ask: Ask): Promise<number> {
  const place = readAdminAddress(file, terminal);
  if (place === null) return Exit.Wrong;
  const { admin } = place;
  if (admin === null) {
    terminal.err('sluice: the configuration says `admin: off`, so nobody can be asked.');
    return Exit.Failed;
  }
  try {
    let found: AdminPlace = { address: admin, token: adminToken(terminal.env) };
    return (await ask(found, () => (found = { ...found, address: readAdminAddressAgain(file, terminal) ?? found.address }))) ?? Exit.Ok;
  } catch (error) {
    if (!(error instanceof AdminClientError)) throw error;
    // Whatever listens there may have written it.
    terminal.err(`sluice: ${escapeControls(error.message)}`);
    if (error.status === null) {
      terminal.err(`Is it running, on this machine or in this container, and was it started with this \`listen.admin\` of ${file}?${adminToken(terminal.env) === null ? ` A token, where it has one, is read from ${ADMIN_TOKEN_VARIABLE}.` : ''}`);
    }
    return Exit.Failed;
  }
}
