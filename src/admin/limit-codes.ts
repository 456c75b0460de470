/** Error codes that say a limit was reached, and what is limited, in words. */
export const LIMIT_CODES: ReadonlyMap<string, string> = new Map([
  ['rate_limited', 'requests per time'],
  ['too_many_in_flight', 'requests at the same time, per client'],
  ['overloaded', 'requests the upstream may have in work'],
  ['too_many_streams', 'event streams or upgraded connections'],
  ['body_too_large', 'size of a request body'],
  ['headers_too_large', 'size or number of request headers'],
  ['connection_refused', 'connections, in all or per address'],
]);
