import type { TargetConfig } from './upstream-config.ts';
import { type Context, listed } from './context.ts';
import { withDefaults } from './schema/defaults.ts';
import type { FullUpstream } from './schema/file.ts';
import { weightedTargetSchema } from './schema/upstream.ts';
import { parseTarget } from './target.ts';
import { shown } from './tree.ts';

type TargetEntry = Exclude<FullUpstream['targets'], unknown[]>;

/**
 * The targets of an upstream, which must be valid. Reports those given twice, and an upstream of backups only.
 *
 * @param context begins where the targets stand
 */
export function resolveTargets(raw: FullUpstream['targets'], context: Context): TargetConfig[] {
  const entries = listed<TargetEntry>(raw);
  const targets = entries.map(({ item }) => targetOf(item));
  const names = new Set<string>();
  for (const [index, { name }] of targets.entries()) {
    const { item, steps } = entries[index] ?? { item: '', steps: [] };
    const node = context.at(...steps, ...(typeof item === 'string' ? [] : ['url']));
    if (names.has(name)) context.report.error(node, `${shown(node)} is listed twice`);
    names.add(name);
  }
  if (targets.every(({ backup }) => backup)) {
    context.report.error(context.key(...(entries[0]?.steps ?? []), 'backup'), 'every target of this upstream is a backup', 'A backup stands in for others: let at least one target be none.');
  }
  return targets;
}

function targetOf(entry: TargetEntry): TargetConfig {
  if (typeof entry === 'string') return parseTarget(entry);
  const { url, weight, backup } = withDefaults(weightedTargetSchema, entry);
  return { ...parseTarget(url), weight: weight ?? 1, backup: backup ?? false };
}
