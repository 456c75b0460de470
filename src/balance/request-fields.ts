/** Value of the first line of a header; '' where there is none. @param name in lower case. */
export function headerValue(rawHeaders: readonly string[], name: string): string {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const line = rawHeaders[i]!;
    if (line.length === name.length && line.toLowerCase() === name) return rawHeaders[i + 1]!;
  }
  return '';
}

/** Value of the first cookie of this name (RFC 6265 section 5.4), whatever Cookie line it is on; '' where there is none. */
export function cookieValue(rawHeaders: readonly string[], name: string): string {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const line = rawHeaders[i]!;
    // HTTP/2 clients send a line for each cookie (RFC 9113 section 8.2.3).
    if (line.length !== 6 || line.toLowerCase() !== 'cookie') continue;
    const value = cookieIn(rawHeaders[i + 1]!, name);
    if (value !== '') return value;
  }
  return '';
}

function cookieIn(line: string, name: string): string {
  let at = 0;
  while (at < line.length) {
    while (line[at] === ' ') at += 1;
    const semicolon = line.indexOf(';', at);
    const end = semicolon === -1 ? line.length : semicolon;
    if (line.startsWith(name, at) && line[at + name.length] === '=') return line.slice(at + name.length + 1, end).trim();
    at = end + 1;
  }
  return '';
}

/** Decoded value of the first query parameter of this name; '' where there is none. @param query with its `?`. */
export function queryValue(query: string, name: string): string {
  // The same value can be written in several ways, and must be the same key.
  if (/[%+]/.test(query)) return new URLSearchParams(query).get(name) ?? '';
  let at = 1;
  while (at < query.length) {
    const ampersand = query.indexOf('&', at);
    const end = ampersand === -1 ? query.length : ampersand;
    if (query.startsWith(name, at) && query[at + name.length] === '=') return query.slice(at + name.length + 1, end);
    at = end + 1;
  }
  return '';
}
