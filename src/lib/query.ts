/**
 * Takes parameters out of a query, and leaves the rest of it as it was written.
 * @param query with its `?`, or ''. @param names decoded.
 * @returns values decoded; of a name given twice the first, and both are taken out.
 */
export function takeParameters(query: string, names: ReadonlySet<string>): { readonly rest: string; readonly taken: ReadonlyMap<string, string> } {
  const taken = new Map<string, string>();
  const rest = query.slice(1).split('&').filter((part) => {
    const equals = part.indexOf('=');
    const name = decoded(equals === -1 ? part : part.slice(0, equals));
    if (!names.has(name)) return true;
    if (!taken.has(name)) taken.set(name, equals === -1 ? '' : decoded(part.slice(equals + 1)));
    return false;
  });
  if (taken.size === 0) return { rest: query, taken };
  return { rest: rest.length === 0 ? '' : `?${rest.join('&')}`, taken };
}

/** The query of a request target as it came, with its `?`; '' without one. */
export function queryOf(url: string): string {
  const mark = url.indexOf('?');
  return mark === -1 ? '' : url.slice(mark);
}

/** How often a parameter is given. @param query with its `?`, or ''. @param name decoded. */
export function countParameter(query: string, name: string): number {
  return query.slice(1).split('&').filter((part) => decoded(part.split('=', 1)[0] ?? '') === name).length;
}

/** As forms write it (WHATWG URL §5.1); what is not valid stays as it is. */
function decoded(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}
