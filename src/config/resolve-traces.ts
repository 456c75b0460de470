import { parseDuration } from '../lib/duration.ts';
import { parsePercent } from '../lib/percent.ts';
import type { Context } from './context.ts';
import { reportIdle } from './idle-option.ts';
import { withDefaults } from './schema/defaults.ts';
import type { RawTraces } from './schema/file.ts';
import { tracesSchema } from './schema/traces.ts';
import type { CollectorConfig, TracesConfig } from './traces-config.ts';

/** Where a collector takes spans (OTLP 1.9 §OTLP/HTTP request). */
const SPANS_PATH = '/v1/traces';

/** The option `traces`, which must be valid. */
export function resolveTraces(raw: RawTraces | undefined, context: Context): TracesConfig {
  const { endpoint, headers, sample, trustClients, service, user, timeout, queue } = withDefaults(tracesSchema, raw);
  const names = new Set<string>();
  for (const written of Object.keys(headers ?? {})) {
    const name = written.toLowerCase();
    if (names.has(name)) context.report.error(context.key('traces', 'headers', written), `the header \`${written}\` is given twice: case makes no difference`);
    names.add(name);
  }
  if (raw !== undefined && endpoint === undefined) {
    reportIdle(raw, ['headers', 'service', 'user', 'timeout', 'queue'], 'without `endpoint`, as nothing is exported', 'Add `endpoint: http://collector:4318`, or remove it.', context.within('traces'));
  }
  const collector: CollectorConfig | null = endpoint === undefined ? null : {
    url: spansUrl(endpoint),
    headers: Object.entries(headers ?? {}),
    service,
    timeoutMs: parseDuration(timeout),
    spansMax: queue,
    user,
  };
  return { trustClients, sample: parsePercent(sample), collector };
}

function spansUrl(endpoint: string): string {
  const url = new URL(endpoint);
  const path = url.pathname.replace(/\/+$/, '');
  url.pathname = path.endsWith(SPANS_PATH) ? path : `${path}${SPANS_PATH}`;
  return url.href;
}
