/** Query parameters whose value is a credential, by their decoded name, with or without `[…]` behind it. */
const PARAMETER =
  /^(?:key|code|auth|authorization|bearer|jwt|sig|hmac|pass|pwd|pw|otp|sid|session|assertion|samlresponse)(?:\[|$)|(?:token|secret|password|passwd|signature|assertion|session[-_.]?id|(?:api|access|private)[-_.]?key|authorization[-_.]?code|credential)(?:\[|$)/i;

/** Anything that proves who somebody is, wherever in the name it stands; some collectors of traces have a word of their own for it. */
const HEADER = /authorization|cookie|token|secret|passw|signature|credential|assertion|^uptrace-dsn$|^x-honeycomb-team$|(?:api|access|private|subscription)-?key|(?:^|-)(?:auth|jwt|key|sig|session|session-?id)$/;
/** Keys that open nothing. */
const HARMLESS_HEADERS = new Set(['idempotency-key', 'x-idempotency-key', 'sec-websocket-key', 'surrogate-key']);

/** Whether the value of a query parameter is kept out of logs, by its name. */
export function isSecretParameter(name: string): boolean {
  return PARAMETER.test(name);
}

/** Whether the value of a header is kept out of logs, by its name in lower case. */
export function isSecretHeader(name: string): boolean {
  return HEADER.test(name) && !HARMLESS_HEADERS.has(name);
}
