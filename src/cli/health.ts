import { AdminClientError, askAdmin } from '../admin/admin-client.ts';
import { readAdminAddress } from './read-admin-address.ts';
import { Exit, type Terminal } from './terminal.ts';

/** Whoever asks for health kills what does not answer soon. */
const TIMEOUT_MS = 3000;

/**
 * `sluice health`: whether the gateway at the admin address of the file takes requests, for HEALTHCHECK of an image and its
 * like. Needs no token. 0: it does.
 */
export async function health(file: string, terminal: Terminal): Promise<number> {
  const place = readAdminAddress(file, terminal);
  if (place === null) return Exit.Wrong;
  const { admin } = place;
  if (admin === null) {
    terminal.err('sluice: the configuration says `admin: off`, so nobody can be asked. Give listen.admin an address, 127.0.0.1:9090 say.');
    return Exit.Failed;
  }
  try {
    const { status } = await askAdmin(admin, { method: 'GET', path: '/readiness', token: null, timeoutMs: TIMEOUT_MS });
    terminal.out(status === 200 ? 'ready' : 'not ready');
    return status === 200 ? Exit.Ok : Exit.Failed;
  } catch (error) {
    if (!(error instanceof AdminClientError)) throw error;
    terminal.err(`sluice: ${error.message}`);
    return Exit.Failed;
  }
}
