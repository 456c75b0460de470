import type { Config } from '../config/config.ts';
import { formatDiagnostics } from '../config/diagnostic-format.ts';
import type { FileReading } from '../config/file-reading.ts';
import { loadConfig, type LoadedConfig } from '../config/load.ts';
import type { Logger } from '../observe/logger.ts';

interface Source {
  /** The configuration file or directory. */
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Pick<Logger, 'warn'>;
}

/** What was said when memory was shared and threads were started. */
interface Fixed {
  readonly workers: number;
  readonly rateLimits: Pick<Config['rateLimits'], 'keysMax'>;
}

/** What a reload cannot take over, each as a sentence. */
export function restartReasons({ workers, rateLimits: { keysMax } }: Fixed, next: Fixed): string[] {
  return [
    ...(next.workers === workers ? [] : [`workers: ${workers} → ${next.workers} needs a restart.`]),
    ...(next.rateLimits.keysMax === keysMax ? [] : [`rateLimits.keys: ${keysMax} → ${next.rateLimits.keysMax} needs a restart.`]),
  ];
}

/** Reads the configuration that is to follow the one in force. @throws ConfigError; Error where only a restart can take it over. */
export function nextConfig(inForce: Config, { file, env, logger }: Source, reading: FileReading): LoadedConfig {
  const loaded = loadConfig(file, { env, reading });
  const { config, warnings } = loaded;
  if (warnings.length > 0) logger.warn(formatDiagnostics(warnings, { color: false }));
  const [reason] = restartReasons(inForce, config);
  if (reason !== undefined) throw new Error(reason);
  return loaded;
}
