const FEATURE = /^[a-z][a-z0-9-]{0,60}$/;
const ORIGIN = /^https?:\/\/(?:\*\.)?[A-Za-z0-9.-]+(?::[0-9]{1,5})?$/;

/** @throws RangeError where the text cannot be the name of a feature (Permissions Policy §4.1) */
export function checkPermissionsFeature(name: string): void {
  if (!FEATURE.test(name)) throw new RangeError(`\`${name}\` is not the name of a feature: \`camera\` and \`display-capture\` are`);
}

/** @throws RangeError where the text says of nobody that it may use a feature */
export function checkPermissionsOrigin(text: string): void {
  if (['none', 'off', 'self', '*'].includes(text) || ORIGIN.test(text)) return;
  throw new RangeError(`\`${text}\` is neither \`none\`, \`self\`, \`*\` nor an origin such as https://app.example.com`);
}

/** The list of one feature as the header has it (RFC 9651 §3.1.1). @param origins checked by {@link checkPermissionsOrigin}. */
export function permissionsAllowlist(origins: readonly string[]): string {
  if (origins.includes('*')) return '*';
  const members = origins.filter((origin) => origin !== 'none' && origin !== 'off').map((origin) => (origin === 'self' ? origin : `"${origin}"`));
  return `(${members.join(' ')})`;
}
