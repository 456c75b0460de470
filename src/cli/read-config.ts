import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/diagnostic.ts';
import { formatDiagnostics } from '../config/diagnostic-format.ts';
import { loadConfig } from '../config/load.ts';
import type { Terminal } from './terminal.ts';

/** Reads a configuration and prints what is wrong or doubtful in it; null where it cannot be used. */
export function readConfig(file: string, terminal: Terminal): Config | null {
  const { env, color } = terminal;
  try {
    const { config, warnings } = loadConfig(file, { env });
    if (warnings.length > 0) terminal.err(formatDiagnostics(warnings, { color }));
    return config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    terminal.err(formatDiagnostics(error.diagnostics, { color }));
    return null;
  }
}
