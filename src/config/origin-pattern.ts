import { compileRegex } from '../lib/regex.ts';
import { type OriginRule, wholeOrigin } from '../lib/origin-set.ts';
import { parseHostPattern } from './host-pattern.ts';
import { parseRegex } from './regular-expression.ts';

/** Which origins an entry of a list stands for. */
type OriginPattern =
  | { readonly kind: 'any' }
  | { readonly kind: 'exact'; readonly origin: string }
  | { readonly kind: 'rule'; readonly rule: OriginRule }
  | { readonly kind: 'regex'; readonly source: string };

const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' };
/** Apps and extensions have origins of their own: `capacitor://localhost`, `chrome-extension://abc`. */
const OTHER = /^[a-z][a-z0-9+.-]*:\/\/[\w.-]+(?::[0-9]{1,5})?$/;
const WEB = /^(https?):\/\/(\[[^\]]*\]|[^:/?#]*)(?::([0-9]{1,5}|\*))?([/?#].*)?$/is;
/** An origin that nobody means. */
const STRANGER = 'https://every-origin.invalid';

/**
 * Reads `https://app.example.com`, `https://*.example.com`, `http://localhost:*`, `~REGEX`, `null` or `*`.
 *
 * @throws RangeError with a sentence for the user
 */
export function parseOriginPattern(text: string): OriginPattern {
  if (text === '*') return { kind: 'any' };
  if (text === 'null') return { kind: 'exact', origin: 'null' };
  if (text.startsWith('~')) return { kind: 'regex', source: regexSource(text.slice(1)) };
  const match = WEB.exec(text);
  if (match !== null) return webOrigin(text, match);
  if (OTHER.test(text)) return { kind: 'exact', origin: text };
  if (!text.includes('://')) throw new RangeError(`an origin has a scheme: write \`https://${text.replace(/\/.*$/s, '')}\``);
  throw new RangeError(`\`${text}\` is not an origin: write \`https://app.example.com\` or \`https://*.example.com\``);
}

/** It takes every origin, though it looks like a choice. */
export function takesEveryOrigin(source: string): boolean {
  return compileRegex(wholeOrigin(source)).test(STRANGER);
}

/** A dot that stands for any character by mistake: `app.example.com` as an expression takes `app-example.com` as well. */
export function hasLooseDot(source: string): boolean {
  const bare = source.replaceAll(/\\.|\[(?:\\.|[^\]\\])*\]/gs, '_');
  return /\.(?![*+?{])/.test(bare);
}

function webOrigin(text: string, [, scheme = '', host = '', port = '', rest = '']: readonly string[]): OriginPattern {
  if (rest !== '') throw new RangeError(`an origin ends behind host and port: write \`${text.slice(0, -rest.length)}\``);
  const lower = scheme.toLowerCase();
  if (host === '*') throw new RangeError(`\`*\` stands for names below one of yours: write \`${lower}://*.example.com\`, or \`*\` alone for every origin`);
  const name = parseHostPattern(host);
  if (port !== '' && port !== '*' && (Number(port) < 1 || Number(port) > 65_535)) throw new RangeError(`\`${port}\` is not a port`);
  // Browsers leave the port of the scheme out.
  const written = port === DEFAULT_PORTS[lower] ? '' : port;
  const below = name.startsWith('*.');
  if (!below && written !== '*') return { kind: 'exact', origin: `${lower}://${name}${written === '' ? '' : `:${written}`}` };
  return { kind: 'rule', rule: { scheme: lower, host: below ? name.slice(2) : name, below, port: written } };
}

function regexSource(source: string): string {
  if (source === '') throw new RangeError('the regular expression behind `~` is empty');
  parseRegex(source);
  // An unfinished quotation takes in what we put around it.
  parseRegex(wholeOrigin(source));
  return source;
}
