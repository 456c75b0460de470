import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/diagnostic.ts';
import { formatDiagnostics } from '../config/diagnostic-format.ts';
import { loadConfig, type LoadedConfig } from '../config/load.ts';
import type { Terminal } from './terminal.ts';

/** Reads a configuration and prints what is wrong or doubtful in it; null where it cannot be used. */
export function readConfig(file: string, terminal: Terminal): Config | null {
  return readLoaded(file, terminal)?.config ?? null;
}

/** The same with what it was read from. */
export function readLoaded(file: string, terminal: Terminal): LoadedConfig | null {
  const { env, color } = terminal;
  try {
    const loaded = loadConfig(file, { env });
    const { warnings } = loaded;
    if (warnings.length > 0) terminal.err(formatDiagnostics(warnings, { color }));
    return loaded;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    terminal.err(formatDiagnostics(error.diagnostics, { color }));
    return null;
  }
}
