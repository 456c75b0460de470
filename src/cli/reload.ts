import { AdminClientError, postReload } from '../admin/admin-client.ts';
import { adminToken } from '../admin/admin-token.ts';
import { readConfig } from './read-config.ts';
import { Exit, type Terminal } from './terminal.ts';

/** `sluice reload`: asks the running gateway, at the admin address of the file, to read its configuration again. */
export async function reload(file: string, terminal: Terminal): Promise<number> {
  const config = readConfig(file, terminal);
  if (config === null) return Exit.Wrong;
  const { admin } = config.listen;
  if (admin === null) {
    terminal.err('sluice: the configuration says `admin: off`; send the process SIGHUP instead.');
    return Exit.Failed;
  }
  try {
    const result = await postReload(admin, adminToken(terminal.env));
    if (result.ok) {
      terminal.out(`Reloaded: generation ${result.generation} in ${result.ms} ms.`);
      return Exit.Ok;
    }
    terminal.err([`sluice: reload refused, the old configuration stays. ${result.error}`, ...result.diagnostics].join('\n'));
    return Exit.Failed;
  } catch (error) {
    if (!(error instanceof AdminClientError)) throw error;
    terminal.err(`sluice: ${error.message}`);
    return Exit.Failed;
  }
}
