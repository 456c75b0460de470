import { headerOf, removeHeader, setHeader } from '../../exchange/answer-head.ts';

/**
 * Makes the validator weak: what is compressed here has the same content as what was not, but not the same bytes
 * (RFC 9110 §8.8.1). One that is no validator is taken out, because it could be taken for a strong one.
 */
export function weakenTag(headers: string[]): void {
  const tag = headerOf(headers, 'etag');
  if (tag === null || isWeak(tag)) return;
  if (isStrong(tag)) setHeader(headers, 'ETag', `W/${tag}`);
  else removeHeader(headers, 'etag');
}

/**
 * The same for a 304, which must have the validator of the 200 that the client holds (RFC 9110 §15.4.5): weak, unless the
 * client has named it as a strong one.
 */
export function weakenTagOfNotModified(headers: string[], rawRequestHeaders: readonly string[]): void {
  const tag = headerOf(headers, 'etag');
  if (tag !== null && isStrong(tag) && !namesStrong(headerOf(rawRequestHeaders, 'if-none-match') ?? '', tag)) setHeader(headers, 'ETag', `W/${tag}`);
}

function isWeak(tag: string): boolean {
  return tag.startsWith('W/"') && tag.endsWith('"');
}

function isStrong(tag: string): boolean {
  return tag.length > 1 && tag.startsWith('"') && tag.endsWith('"');
}

function namesStrong(list: string, tag: string): boolean {
  for (let at = list.indexOf(tag); at !== -1; at = list.indexOf(tag, at + tag.length)) {
    if (!list.endsWith('W/', at)) return true;
  }
  return false;
}
