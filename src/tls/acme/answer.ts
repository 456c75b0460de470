/** What a CA answered, not yet believed. */
export interface AcmeAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, unknown>>;
  /** Parsed JSON, or text. */
  readonly data: unknown;
}

/** Longest wait that is taken from a CA: Let's Encrypt counts its limits by the week. */
const RETRY_AFTER_MS_MAX = 7 * 86_400_000;

/** A field of a JSON object, or undefined where the value is no object or has no such field. */
export function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return Reflect.get(value, name);
}

/** A text in a JSON object; '' for anything else. */
export function textOf(value: unknown, name: string): string {
  const text = fieldOf(value, name);
  return typeof text === 'string' ? text : '';
}

/** A list in a JSON object; empty for anything else. */
export function listOf(value: unknown, name: string): readonly unknown[] {
  const list = fieldOf(value, name);
  return Array.isArray(list) ? list : [];
}

/**
 * The Retry-After header (RFC 9110, 10.2.3) in milliseconds from now, 7 days at most; null without one. A
 * date is measured against the Date of the same answer, so that a wrong clock here does no harm.
 */
export function retryAfterMs({ headers }: AcmeAnswer, nowMs: number): number | null {
  const text = headers['retry-after'];
  if (typeof text !== 'string') return null;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - (parseDate(headers['date']) ?? nowMs);
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), RETRY_AFTER_MS_MAX);
}

function parseDate(text: unknown): number | null {
  const ms = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? null : ms;
}
