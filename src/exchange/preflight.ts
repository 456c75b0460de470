import type { Exchange } from './exchange.ts';

/** The method that a CORS preflight asks for; '' where the request is none (Fetch standard, section 4.8). */
export function preflightMethod({ method, head: { rawHeaders } }: Exchange): string {
  if (method !== 'OPTIONS' || wholeValue(rawHeaders, 'origin') === '') return '';
  return wholeValue(rawHeaders, 'access-control-request-method');
}

/**
 * All lines of a request header as one value (RFC 9110 §5.3); '' without one. Of what may be there only once, such as
 * Origin, a second line makes a value that nobody has allowed. @param name in lower case.
 */
export function wholeValue(rawHeaders: readonly string[], name: string): string {
  let value = '';
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const candidate = rawHeaders[i]!;
    if (candidate.length !== name.length || candidate.toLowerCase() !== name) continue;
    value = value === '' ? rawHeaders[i + 1]! : `${value}, ${rawHeaders[i + 1]}`;
  }
  return value;
}
