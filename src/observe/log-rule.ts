import type { LogRule } from '../config/access-log-config.ts';
import { hash32 } from '../lib/hash32.ts';
import type { AccessRecord } from './access-record.ts';

const HASHES = 2 ** 32;
const ERROR_STATUS_MIN = 400;

/** For requests that belong to no route. */
export const LOG_ALL: LogRule = { errors: true, below: HASHES, slowMs: 0 };

/** Whether a request is written down. The id decides on a sample, so that all gateways that share ids write the same requests. */
export function isLogged({ errors, below, slowMs }: LogRule, record: Pick<AccessRecord, 'id' | 'status' | 'errorCode' | 'totalMs'>): boolean {
  if (below === HASHES) return true;
  if (errors && (record.status >= ERROR_STATUS_MIN || record.errorCode !== '')) return true;
  if (slowMs > 0 && record.totalMs >= slowMs) return true;
  return below > 0 && hash32(record.id) < below;
}
