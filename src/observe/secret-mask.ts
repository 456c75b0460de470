import { isSecretParameter } from '../config/secret-name.ts';

/** Cheap and wide: a query without any of these holds no secret name. `%` and `+` may hide one. */
const MAY_HOLD_SECRET = /key|code|auth|bearer|jwt|sig|hmac|pass|pw|otp|sid|session|assertion|saml|token|secret|credential|%/i;

const MASK = '***';
const NONE: ReadonlySet<string> = new Set();

/**
 * A query, with its `?` or without, where the values of secret parameters are `***`.
 * @param chosen further names, in lower case.
 */
export function maskQuery(query: string, chosen: ReadonlySet<string> = NONE): string {
  if (query === '' || (chosen.size === 0 && !MAY_HOLD_SECRET.test(query))) return query;
  const mark = query.startsWith('?') ? '?' : '';
  return mark + query.slice(mark.length).split(/([&;])/).map((parameter) => maskParameter(parameter, chosen)).join('');
}

/** A URL without the credentials before its host and without secret values in its query and fragment. */
export function maskUrl(url: string, chosen: ReadonlySet<string> = NONE): string {
  const bare = maskUserInfo(url);
  const end = bare.search(/[?#]/);
  if (end < 0) return bare;
  return bare.slice(0, end) + bare.slice(end).split(/([?#])/).map((part) => maskQuery(part, chosen)).join('');
}

/** A text in which `//user:password@` of every URL is `//***@`. */
export function maskUserInfo(text: string): string {
  return text.includes('@') ? text.replace(/\/\/[^\s/?#@]*@/g, `//${MASK}@`) : text;
}

function maskParameter(parameter: string, chosen: ReadonlySet<string>): string {
  const equals = parameter.indexOf('=');
  if (equals < 0) return parameter;
  const name = parameter.slice(0, equals);
  const decoded = decode(name);
  return isSecretParameter(decoded) || isChosen(decoded, chosen) ? `${name}=${MASK}` : parameter;
}

/** `name[first]` is part of `name`. */
function isChosen(decoded: string, chosen: ReadonlySet<string>): boolean {
  if (chosen.size === 0) return false;
  const bracket = decoded.indexOf('[');
  return chosen.has((bracket === -1 ? decoded : decoded.slice(0, bracket)).replaceAll('+', ' ').toLowerCase());
}

function decode(name: string): string {
  if (!name.includes('%')) return name;
  try {
    return decodeURIComponent(name);
  } catch {
    // Half of an escape does not hide the rest: what can be read is read.
    return name.replace(/%([2-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
}
