/** The fields that a JSON line of the access log can have, in the order in which it has them. */
export const LOG_FIELDS = [
  'time', 'requestId', 'trace', 'method', 'scheme', 'host', 'path', 'protocol', 'tls', 'status', 'code', 'reason', 'client', 'user', 'auth', 'route', 'upstream',
  'target', 'attempts', 'bytesIn', 'bytesOut', 'requestMs', 'connectMs', 'headMs', 'responseMs', 'userAgent', 'referer', 'upgrade',
] as const;

export type LogField = (typeof LOG_FIELDS)[number];
