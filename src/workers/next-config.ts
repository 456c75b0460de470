import type { Config } from '../config/config.ts';
import { formatDiagnostics } from '../config/diagnostic-format.ts';
import { loadConfig, type LoadedConfig } from '../config/load.ts';
import type { Logger } from '../observe/logger.ts';

interface Source {
  /** The configuration file or directory. */
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Pick<Logger, 'warn'>;
}

/** Reads the configuration that is to follow the one in force. @throws ConfigError; Error where only a restart can take it over. */
export function nextConfig({ workers }: Config, { file, env, logger }: Source): LoadedConfig {
  const loaded = loadConfig(file, { env });
  const { config, warnings } = loaded;
  if (warnings.length > 0) logger.warn(formatDiagnostics(warnings, { color: false }));
  if (config.workers !== workers) throw new Error(`workers: ${workers} → ${config.workers} needs a restart.`);
  return loaded;
}
