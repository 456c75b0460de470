/** Query parameters whose value is a credential, by their decoded name, with or without `[…]` behind it. */
const SECRET_NAME =
  /^(?:key|code|auth|authorization|jwt|sig|pass|pwd)(?:\[|$)|(?:token|secret|password|passwd|signature|api[-_.]?key|credential)(?:\[|$)/i;

/** Cheap and wide: a query without any of these holds no secret name. `%` and `+` may hide one. */
const MAY_HOLD_SECRET = /key|code|auth|jwt|sig|pass|pwd|passwd|token|secret|credential|%/i;

const MASK = '***';

/** A query, with its `?` or without, where the values of secret parameters are `***`. */
export function maskQuery(query: string): string {
  if (query === '' || !MAY_HOLD_SECRET.test(query)) return query;
  const mark = query.startsWith('?') ? '?' : '';
  return mark + query.slice(mark.length).split(/([&;])/).map(maskParameter).join('');
}

/** A URL without the credentials before its host and without secret values in its query and fragment. */
export function maskUrl(url: string): string {
  const bare = maskUserInfo(url);
  const end = bare.search(/[?#]/);
  if (end < 0) return bare;
  return bare.slice(0, end) + bare.slice(end).split(/([?#])/).map(maskQuery).join('');
}

/** A text in which `//user:password@` of every URL is `//***@`. */
export function maskUserInfo(text: string): string {
  return text.includes('@') ? text.replace(/\/\/[^\s/?#@]*@/g, `//${MASK}@`) : text;
}

function maskParameter(parameter: string): string {
  const equals = parameter.indexOf('=');
  if (equals < 0) return parameter;
  const name = parameter.slice(0, equals);
  return SECRET_NAME.test(decode(name)) ? `${name}=${MASK}` : parameter;
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
