import type { ReloadResult } from '../admin/services.ts';
import { ConfigError } from '../config/diagnostic.ts';
import { formatDiagnostics } from '../config/diagnostic-format.ts';
import type { Logger } from '../observe/logger.ts';

/** Tells log and caller why a reload cannot be: the configuration has errors, or something stands in its way. */
export function refusal(error: unknown, logger: Pick<Logger, 'error'>): ReloadResult {
  if (error instanceof ConfigError) {
    const diagnostics = error.diagnostics.map((diagnostic) => formatDiagnostics([diagnostic], { color: false }));
    logger.error('reload refused, the old configuration stays', { errors: diagnostics.length, first: diagnostics[0] ?? '' });
    return { ok: false, reason: 'invalid', error: 'The configuration has errors.', diagnostics };
  }
  const message = error instanceof Error ? error.message : String(error);
  logger.error('reload refused, the old configuration stays', { reason: message });
  return { ok: false, reason: 'conflict', error: message, diagnostics: [] };
}
