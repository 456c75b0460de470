import type { AccessRecord } from '../../../src/observe/access-record.ts';
import type { Sample } from '../../../src/observe/metrics/sample.ts';
import { sampleRecord } from '../sample-record.ts';

/** An ordinary request, of route `api`, that was forwarded at its second attempt 0.2 ms after it had begun. */
export function measured(parts: Partial<AccessRecord> = {}): AccessRecord {
  return { ...sampleRecord, routeId: 'api', attemptMs: 0.2, traceId: '', identity: null, ...parts };
}

/** Series as `name label|label` with their numbers. */
export function flat(samples: Iterable<Sample>): Record<string, number[]> {
  return Object.fromEntries([...samples].map(({ metric, labels, values }) => [`${metric.name} ${labels.join('|')}`.trim(), Array.from(values)]));
}
