import { closest } from '../lib/closest.ts';
import { isSecretHeader, isSecretParameter } from './secret-name.ts';

/** Variables of a template of the access log: those of nginx that a gateway can fill, and some of its own. */
export const LOG_VARIABLES = [
  'args', 'attempts', 'auth', 'body_bytes_sent', 'document_uri', 'error_code', 'error_reason', 'host', 'hostname', 'http2', 'https', 'is_args', 'msec', 'pid',
  'query_string', 'realip_remote_addr', 'remote_addr', 'remote_user', 'request', 'request_id', 'request_length', 'request_method', 'request_time', 'request_uri',
  'route', 'scheme', 'server_name', 'server_port', 'server_protocol', 'ssl_protocol', 'status', 'time_iso8601', 'time_local', 'trace_id',
  'upstream_addr', 'upstream_connect_time', 'upstream_header_time', 'upstream_name', 'upstream_response_time', 'upstream_status', 'uri',
] as const;

export type LogVariable = (typeof LOG_VARIABLES)[number];

/** Names that go on with the name of a header or a parameter. */
const LOG_FAMILIES = ['http_', 'sent_http_', 'arg_'] as const;

/** What nginx writes for `combined`. */
export const COMBINED_TEMPLATE = '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"';

/** A text to copy, or a variable to fill in. */
export type TemplatePart = string | { readonly variable: LogVariable } | { readonly family: (typeof LOG_FAMILIES)[number]; readonly name: string };

const PARTS_MAX = 200;
const REFERENCE = /\$(?:\{([^}]*)\}|([A-Za-z0-9_]*))/g;
const KNOWN: ReadonlySet<string> = new Set(LOG_VARIABLES);

/** Of nginx, and for a reason not here. */
const ABSENT: Readonly<Record<string, string>> = {
  bytes_sent: 'heads are not counted here: write `$body_bytes_sent`',
  remote_port: 'the port of the client is not kept',
  ssl_cipher: 'the cipher is not kept: `$ssl_protocol` is',
  upstream_cache_status: 'there is no cache',
  gzip_ratio: 'the ratio is not kept',
  connection: 'connections have no numbers here',
  connection_requests: 'requests of a connection are not counted here',
  pipe: 'pipelined requests are not told apart',
};

/**
 * Reads a template as nginx reads a `log_format`: `$name` and `${name}` are variables.
 *
 * @throws RangeError with a sentence for the user
 */
export function parseLogTemplate(source: string): readonly TemplatePart[] {
  if (source.trim() === '') throw new RangeError('the template is empty');
  // Whoever could break the line here would break every line.
  if (/[\p{Cc}\u2028\u2029]/u.test(source.replaceAll('\t', ''))) throw new RangeError('a template is one line: write it as a folded text (`>-`), without line breaks');
  const parts: TemplatePart[] = [];
  let end = 0;
  for (const match of source.matchAll(REFERENCE)) {
    if (match.index > end) parts.push(source.slice(end, match.index));
    parts.push(variableOf(match[1] ?? match[2] ?? ''));
    end = match.index + match[0].length;
  }
  if (end < source.length) parts.push(source.slice(end));
  if (parts.length > PARTS_MAX) throw new RangeError('the template has more than 100 variables');
  return parts;
}

function variableOf(name: string): TemplatePart {
  if (isKnown(name)) return { variable: name };
  if (name === '') throw new RangeError('`$` begins the name of a variable, and there is none behind it');
  const family = LOG_FAMILIES.find((prefix) => name.startsWith(prefix) && name.length > prefix.length);
  if (family !== undefined) return memberOf(family, name.slice(family.length));
  if (name.startsWith('cookie_') || name.endsWith('_set_cookie')) throw new RangeError(`\`$${name}\`: cookies are never written`);
  const reason = ABSENT[name];
  if (reason !== undefined) throw new RangeError(`there is no \`$${name}\`: ${reason}`);
  const meant = closest(name, LOG_VARIABLES);
  throw new RangeError(`there is no variable \`$${name}\`${meant === null ? '' : `: did you mean \`$${meant}\`?`}`);
}

function memberOf(family: (typeof LOG_FAMILIES)[number], rest: string): TemplatePart {
  const lower = rest.toLowerCase();
  const name = family === 'arg_' ? lower : lower.replaceAll('_', '-');
  const isSecret = family === 'arg_' ? isSecretParameter(name) : isSecretHeader(name);
  if (isSecret) throw new RangeError(`\`$${family}${rest}\` may hold a credential, which is never written`);
  return { family, name };
}

function isKnown(name: string): name is LogVariable {
  return KNOWN.has(name);
}
