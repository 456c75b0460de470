/** The head of an answer on its way to the client, for policies to change; whoever made it does not read it again. */
export interface AnswerHead {
  status: number;
  /** '' stands for the usual one. */
  statusText: string;
  /** Names and values in turn, the case of names as it came. End to end: framing is not among them, but Content-Length is. */
  headers: string[];
  /** Bytes of the body, -1 where unknown. Follows Content-Length. For HEAD and 304 nothing of it is sent. */
  contentLength: number;
  hasTrailers: boolean;
  /** Goes out in the place of the body that follows; whoever sets it sets the length, too. */
  body?: Buffer;
  /** The upstream's answer; false: the gateway's own. */
  readonly isUpstreams: boolean;
}

/** The value of the first header of this name, which is given in lower case; null without one. */
export function headerOf(headers: readonly string[], name: string): string | null {
  for (let i = 0; i < headers.length; i += 2) {
    const candidate = headers[i]!;
    if (candidate.length === name.length && candidate.toLowerCase() === name) return headers[i + 1]!;
  }
  return null;
}

/** Takes every header of this name, given in lower case, out of the list. */
export function removeHeader(headers: string[], name: string): void {
  for (let i = headers.length - 2; i >= 0; i -= 2) {
    const candidate = headers[i]!;
    if (candidate.length === name.length && candidate.toLowerCase() === name) headers.splice(i, 2);
  }
}

/** Leaves one header of this name, with this value. @param name as it is to be written. */
export function setHeader(headers: string[], name: string, value: string): void {
  removeHeader(headers, name.toLowerCase());
  headers.push(name, value);
}

/** Adds a field name to Vary, unless it is there or everything varies (RFC 9110 §12.5.5). */
export function addVary(headers: string[], name: string): void {
  const known = headers.some((candidate, i) => i % 2 === 0 && candidate.toLowerCase() === 'vary' && listsName(headers[i + 1]!, name.toLowerCase()));
  if (!known) headers.push('Vary', name);
}

function listsName(value: string, name: string): boolean {
  return value.split(',').some((part) => {
    const word = part.trim().toLowerCase();
    return word === name || word === '*';
  });
}
