import { loadAdminAddress } from '../config/admin-address.ts';
import type { ListenAddress } from '../config/config.ts';
import { ConfigError } from '../config/diagnostic.ts';
import { formatDiagnostics } from '../config/diagnostic-format.ts';
import type { Terminal } from './terminal.ts';

/** Where the running gateway can be asked, though the file may have mistakes by now; null where it is not told, which is printed. */
export function readAdminAddress(file: string, terminal: Terminal): { readonly admin: ListenAddress | null } | null {
  try {
    return { admin: loadAdminAddress(file, { env: terminal.env }) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    terminal.err(formatDiagnostics(error.diagnostics, { color: terminal.color }));
    return null;
  }
}

/** The same once more, without a word; null: the file does not tell, which it may while it is being written. */
export function readAdminAddressAgain(file: string, terminal: Terminal): ListenAddress | null {
  try {
    return loadAdminAddress(file, { env: terminal.env });
  } catch (error) {
    if (error instanceof ConfigError) return null;
    throw error;
  }
}
