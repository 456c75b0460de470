/**
 * Never repeats the text: a user name and a password would be seen.
 * @param protocols such as `https:`. @throws RangeError with a sentence for the user
 */
export function checkUrl(text: string, protocols: readonly string[]): void {
  const url = URL.parse(text);
  const schemes = protocols.map((protocol) => `${protocol}//`).join(' or ');
  if (url === null || !protocols.includes(url.protocol)) throw new RangeError(`this is not a URL that starts with ${schemes}`);
  if (url.username !== '' || url.password !== '') throw new RangeError('a URL holds no user name and no password here');
  if (url.hash !== '') throw new RangeError('a URL has no `#` here');
}
