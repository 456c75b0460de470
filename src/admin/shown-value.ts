import { isSecretHeader } from '../config/secret-name.ts';
import type { Node, ScalarNode } from '../config/tree.ts';
import { maskUrl } from '../observe/secret-mask.ts';

/** Keys of the file whose value, and all that is below it, is for nobody to see. */
const SECRET_KEY = /secret|passw|token|credential|private|hmac|signature|^(?:users?|keys?|hash|pass|pwd)$/i;
/** Below it, the names of headers have the word. */
const HEADERS = /headers?$/i;
/** Headers for a service that is to let us in, whose name says nothing of that: `x-honeycomb-team`. */
const SECRET_HEADERS: ReadonlySet<string> = new Set(['traces.headers', 'acme.dns.headers']);
/** Behind these stands a rule, or a file, as often as a secret. */
const AMBIGUOUS_KEY = /^(?:key|hash)$/;
const PUBLIC_VALUE = /^(?:address|path|global|route|apiKey|(?:header|cookie|query|claim|jwt):[\w.-]+)$|\.(?:pem|key|crt|cer|txt|json|ya?ml)$/i;
/** What is a secret wherever it stands: hashes of passwords and keys, PEM, signed tokens. */
const SECRET_VALUE = /\$(?:2[abxy]|argon2[a-z]*|scrypt|5|6|apr1)\$|sha256:[0-9a-f]{32}|\{SSHA?\}|-----BEGIN |(?:^|\s)eyJ[\w-]{8,}\.[\w-]+\./i;

const VALUE_CHARS_MAX = 500;
const MASK = '***';

/**
 * A value of the configuration as the operator may be shown it. What came from the environment or from a secret file is
 * named, as it stands in the file; what is a secret by its key or its form is `***`, and so is a password in a URL.
 * @param keys from the top of the file to the value.
 */
export function shownValue(keys: readonly string[], { value, substituted }: ScalarNode): string | number | boolean | null {
  if (substituted !== null) return substituted.label;
  if (typeof value === 'boolean' || value === null) return value;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (SECRET_VALUE.test(text) || (isSecretPlace(keys) && !(AMBIGUOUS_KEY.test(keys.at(-1) ?? '') && PUBLIC_VALUE.test(text)))) return MASK;
  if (typeof value === 'number') return value;
  const masked = maskUrl(text);
  return masked.length > VALUE_CHARS_MAX ? `${masked.slice(0, VALUE_CHARS_MAX)}…` : masked;
}

/**
 * A text that was made of a part of the file, with the names of variables and secret files in place of what came from them.
 * A URL in it has no password, nor secret parameters.
 */
export function shownText(text: string, part: Node): string {
  const longestFirst = substitutionsIn(part).toSorted((a, b) => b.text.length - a.text.length);
  return maskUrl(longestFirst.reduce((shown, { text: given, label }) => (given === '' ? shown : shown.replaceAll(given, () => label)), text));
}

function substitutionsIn(node: Node): NonNullable<ScalarNode['substituted']>[] {
  switch (node.kind) {
    case 'scalar': return node.substituted === null ? [] : [node.substituted];
    case 'list': return node.items.flatMap((item) => substitutionsIn(item));
    case 'map': return [...node.entries.values()].flatMap(({ value }) => substitutionsIn(value));
  }
}

function isSecretPlace(keys: readonly string[]): boolean {
  // How many clients are counted.
  if (keys.join('.') === 'rateLimits.keys') return false;
  if (SECRET_HEADERS.has(keys.slice(0, -1).join('.'))) return true;
  const isHeader = keys.slice(0, -1).some((key) => HEADERS.test(key));
  return isHeader ? isSecretHeader((keys.at(-1) ?? '').toLowerCase()) : keys.some((key) => SECRET_KEY.test(key));
}
