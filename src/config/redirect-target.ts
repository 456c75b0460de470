const PLACEHOLDER = /\{([^{}]*)\}/g;
const EXAMPLES: Readonly<Record<string, string>> = { host: 'example.com', path: '/path', query: '?a=b' };

/**
 * Checks where a redirect leads: an absolute http(s) URL or a path, with `{host}`, `{path}` and `{query}` in it.
 *
 * @throws RangeError with a sentence for the user
 */
export function checkRedirectTo(text: string): void {
  for (const [placeholder, name] of text.matchAll(PLACEHOLDER)) {
    if (!Object.hasOwn(EXAMPLES, name ?? '')) throw new RangeError(`\`${placeholder}\` is not known: {host}, {path} and {query} are`);
  }
  const example = text.replaceAll(PLACEHOLDER, (_, name: string) => EXAMPLES[name] ?? '');
  if (/[^\u0021-\u007e]/.test(example)) throw new RangeError('a redirect holds no spaces and only ASCII: percent-encode other characters');
  if (/[{}\\"<>^`|]/.test(example)) throw new RangeError('a redirect holds no { } \\ " < > ^ ` or | apart from its placeholders');
  if (/^[/\\]{2}/.test(example)) throw new RangeError('`//` starts a host, not a path: write `/path` or `https://host/path`');
  if (!/^(?:https?:\/\/|\/)/i.test(example)) throw new RangeError('a redirect leads to a path (`/new`) or to a URL (`https://example.com/new`)');
  if (example.startsWith('/')) return;
  const url = URL.parse(example);
  if (url === null || url.hostname === '') throw new RangeError(`\`${text}\` is not a URL`);
  if (url.username !== '' || url.password !== '') throw new RangeError('a redirect has no user name or password');
}
