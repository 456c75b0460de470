import type { MaskConfig } from '../../src/config/access-log-config.ts';
import { Privacy } from '../../src/observe/privacy.ts';

export const NO_MASK: MaskConfig = { email: false, phone: false, card: false, patterns: [], address: 'keep', key: null, query: [], headers: [] };
export const FULL_MASK: MaskConfig = {
  email: true, phone: true, card: true, address: 'truncate', key: null, query: ['name'], headers: [],
  patterns: [{ name: 'employee', pattern: '\\bE[0-9]{6}\\b' }, { name: 'badge', pattern: '\\bB-[A-Z]{3}[0-9]{2}\\b' }],
};

/** What masks in tests, with the same key each time. */
export function privacyOf(mask: Partial<MaskConfig> = {}): Privacy {
  return new Privacy({ ...NO_MASK, ...mask }, Buffer.alloc(32, 7));
}
