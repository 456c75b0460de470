import { isIP } from 'node:net';
import { parseBytes } from '../lib/bytes.ts';
import { parseDuration } from '../lib/duration.ts';
import { parsePercent } from '../lib/percent.ts';
import { parseRate } from '../lib/rate.ts';
import { parseCidr, parseListenAddress } from './address.ts';
import { checkExpiry, checkKeyHash, checkKeyLine, checkKeyName } from './credentials/api-key-entry.ts';
import { checkPasswordHash } from './credentials/password-hash.ts';
import { checkCspDirective, checkCspKey, parseCspSources } from './csp-source.ts';
import { parseCacheAge, parseCachePath } from './cache-directives.ts';
import { parseDnsServer } from './dns-server.ts';
import { checkErrorPageKey, parseErrorStatus } from './error-status.ts';
import { checkCookieName, parseHashKey } from './hash-key.ts';
import { checkAnswerHeaderName, checkHeaderValue, checkIdentityHeaderName, checkLoggedHeaderName, checkMatchedHeaderName, checkMethod, checkSentHeaderName } from './header-field.ts';
import { parseFactor, parseGuardTime } from './guard-bound.ts';
import { parseHedgeDelay } from './hedge-delay.ts';
import { parseHostPattern } from './host-pattern.ts';
import { parseHstsAge } from './hsts-age.ts';
import { checkCaName, KNOWN_CAS } from './known-ca.ts';
import { checkLimitStore } from './limit-store-url.ts';
import { checkMediaTypePattern } from './media-type.ts';
import { parseOriginPattern } from './origin-pattern.ts';
import { checkPathPrefix, parsePathPattern } from './path-pattern.ts';
import { checkPermissionsFeature, checkPermissionsOrigin } from './permissions-allowlist.ts';
import { checkRedirectTo } from './redirect-target.ts';
import { isRedisUrl, parseRedisUrl } from './redis-url.ts';
import { checkLogBuffer, checkMaskName, checkSyslogName } from './log-text.ts';
import { parseLogTemplate } from './log-template.ts';
import { parseRegex } from './regular-expression.ts';
import { parseRequestKey } from './request-key.ts';
import { checkRequestHeaderName } from './request-field.ts';
import { checkRetryCondition } from './retry-condition.ts';
import { parseStatusRange } from './status-range.ts';
import { parseSyslogAddress } from './syslog-address.ts';
import { parseTarget } from './target.ts';
import { parseTokenPlace } from './token-place.ts';
import { checkUrl } from './web-url.ts';

/** A way in which a text of the file is written. */
export interface TextKind {
  /** The type as the reference names it. */
  readonly label: string;
  /** What such a text is, for messages that must not repeat the text. */
  readonly expects: string;
  /** The kind as a regular expression, where an editor can use one. */
  readonly pattern?: string;
  /** Such a text is a secret, or somebody may take it for the place of one: messages show neither it nor its line as it is. */
  readonly isSecret?: true;
  /** @throws RangeError with a sentence for the user */
  readonly check: (text: string) => unknown;
}

const HEADER_SIZE_BYTES_MIN = 1024;
const HEADER_SIZE_BYTES_MAX = 1024 * 1024;
const WINDOW_MS_MAX = 10_000;
const KEPT_BODY_BYTES_MAX = 16 * 1024 * 1024;
const SECRET_CHARS_MIN = 16;
const NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,98}[A-Za-z0-9_])?$/;
const LABEL = /^[^\p{Cc}\p{Z}"'\\](?:[^\p{Cc}"'\\]{0,98}[^\p{Cc}\p{Z}"'\\])?$/u;
const CA_NAMES = `one of ${[...KNOWN_CAS.keys()].join(', ')}`;
const EMAIL = /^[^\s@,;<>()]{1,64}@[^\s@,;<>()]{1,253}$/;
const WORD_CHARS_MAX = 1000;
/** 128 bits; what authorities hand out has 256. */
const HMAC_KEY_BYTES_MIN = 16;
const DURATION_PATTERN = '([0-9]+(ms|s|m|h|d))+';

/** Every kind by the name under which the schema refers to it. */
export const TEXT_KINDS = {
  duration: { label: 'duration', expects: 'a duration such as 500ms, 10s or 1h30m', pattern: `^${DURATION_PATTERN}$`, check: checkEndlessRefused },
  durationOrOff: { label: 'duration or `off`', expects: 'a duration such as 500ms, 10s or 1h30m, or `off`', pattern: `^(off|${DURATION_PATTERN})$`, check: parseDuration },
  durationOfWindow: { label: 'duration', expects: 'a duration from 1s to 10s', pattern: `^${DURATION_PATTERN}$`, check: checkWindow },
  guardTime: { label: 'duration', expects: 'a duration from 5s to 10m', pattern: `^${DURATION_PATTERN}$`, check: parseGuardTime },
  multiple: { label: 'multiple or `off`', expects: 'a multiple such as 2x, or `off`', pattern: '^(off|[0-9]+(\\.[0-9]+)?x)$', check: parseFactor },
  percent: { label: 'percentage', expects: 'a percentage such as 20%', pattern: '^[0-9]+(\\.[0-9]+)?%$', check: parsePercent },
  keptBodySize: { label: 'size or `off`', expects: 'a size such as 64KB, up to 16MB, or `off`', pattern: '^(off|[0-9]+([kKmM]i?)?[bB])$', check: checkKeptBodySize },
  bodySize: { label: 'size', expects: 'a size such as 20MB', pattern: '^[0-9]+([kKmMgGtT]i?)?[bB]$', check: parseBytes },
  headerSize: { label: 'size', expects: 'a size such as 32KB, from 1KB to 1MB', pattern: '^[0-9]+([kKmM]i?)?[bB]$', check: checkHeaderSize },
  listenAddress: { label: 'address', expects: 'a port or ADDRESS:PORT', check: (text) => parseListenAddress(text, '::') },
  adminAddress: { label: 'address or `off`', expects: 'a port, ADDRESS:PORT or `off`', check: (text) => text === 'off' || parseListenAddress(text, '127.0.0.1') },
  cidr: { label: 'CIDR', expects: 'an address or a CIDR block', check: parseCidr },
  target: { label: 'target', expects: 'a target such as api:8000', check: parseTarget },
  upstreamOrTarget: { label: 'name or target', expects: 'the name of an upstream, or a target such as api:8000', check: checkUpstreamOrTarget },
  upstreamName: { label: 'name', expects: 'a name of letters, digits, `_`, `-` and `.`', check: checkUpstreamName },
  policySetName: { label: 'name', expects: 'a name of letters, digits, `_`, `-` and `.`', check: checkSetName },
  routeName: { label: 'text', expects: 'a label of at most 100 characters', check: checkRouteName },
  host: { label: 'host', expects: 'a host name such as app.example.com', check: parseHostPattern },
  path: { label: 'path', expects: 'a path such as /api/*', check: parsePathPattern },
  pathPrefix: { label: 'path', expects: 'the beginning of a path, such as /api', check: checkPathPrefix },
  method: { label: 'method', expects: 'a method such as GET', check: checkMethod },
  matchedHeaderName: { label: 'name', expects: 'a header name', check: checkMatchedHeaderName },
  answerHeaderName: { label: 'name', expects: 'a header name', check: checkAnswerHeaderName },
  sentHeaderName: { label: 'name', expects: 'a header name', check: checkSentHeaderName },
  identityHeaderName: { label: 'name', expects: 'a header name such as X-User', check: checkIdentityHeaderName },
  headerValue: { label: 'text', expects: 'a header value without line breaks', check: checkHeaderValue },
  requestHeaderName: { label: 'name', expects: 'a header name', check: checkRequestHeaderName },
  durationOfHsts: { label: 'duration', expects: 'a duration such as 365d, or 0s', pattern: `^${DURATION_PATTERN}$`, check: parseHstsAge },
  cspDirective: { label: 'name', expects: 'a directive such as script-src', check: checkCspDirective },
  cspKey: { label: 'name', expects: 'a directive such as script-src', check: checkCspKey },
  cspSources: { label: 'sources', expects: 'sources such as self or https://cdn.example.com', check: parseCspSources },
  permissionsFeature: { label: 'name', expects: 'a feature such as camera', check: checkPermissionsFeature },
  permissionsOrigin: { label: '`none`, `self`, `*` or origin', expects: '`none`, `self`, `*` or an origin', check: checkPermissionsOrigin },
  errorStatus: { label: 'status, range or class', expects: 'a status, a range such as 502-504, or a class such as 5xx', check: parseErrorStatus },
  errorPageKey: { label: 'status, range or class', expects: 'a status, a range such as 502-504, or a class such as 5xx', check: checkErrorPageKey },
  origin: { label: 'origin', expects: 'an origin such as https://app.example.com, or `*` in quotes', check: parseOriginPattern },
  cachePath: { label: 'pattern', expects: 'a pattern such as *.css or /assets/*', check: parseCachePath },
  cacheAge: { label: 'duration', expects: 'a duration such as 1y, 30d or 10m', pattern: `^([0-9]+y|${DURATION_PATTERN})$`, check: parseCacheAge },
  regex: { label: 'regular expression', expects: 'a regular expression in RE2 syntax', check: parseRegex },
  redirectTo: { label: 'URL or path', expects: 'a path or an http(s) URL', check: checkRedirectTo },
  exactPath: { label: 'path', expects: 'a path such as /health', check: checkRequestTarget },
  statusRange: { label: 'status or range', expects: 'a status or a range such as 200-399', check: parseStatusRange },
  hashKey: { label: 'key', expects: 'address, path, header:NAME, cookie:NAME or query:NAME', pattern: '^(address|path|(header|cookie|query):.+)$', check: parseHashKey },
  rate: { label: 'rate', expects: 'a rate such as 5/s, 10/min, 100/hour or 1000/day', check: parseRate },
  limitKey: { label: 'key', expects: 'address, route, global, apiKey, user, jwt:CLAIM, header:NAME, cookie:NAME or query:NAME', pattern: '^(address|route|global|apiKey|user|(jwt|header|cookie|query):.+)$', check: parseRequestKey },
  tokenPlace: { label: 'place', expects: 'header, header:NAME, cookie:NAME or query:NAME', pattern: '^(header|(header|cookie|query):.+)$', check: parseTokenPlace },
  cookieName: { label: 'name', expects: 'the name of a cookie', check: checkCookieName },
  secret: { label: 'text', expects: 'a secret of at least 16 characters', isSecret: true, check: checkSecret },
  retryCondition: { label: 'condition', expects: 'connect, reset, timeout, 5xx or a status from 400 to 599', pattern: '^(connect|reset|timeout|5xx|[45][0-9]{2})$', check: checkRetryCondition },
  hedgeDelay: { label: 'percentile or duration', expects: 'a percentile such as p95, or a duration', pattern: `^(p[0-9]{2}(\\.[0-9]+)?|${DURATION_PATTERN})$`, check: parseHedgeDelay },
  dnsServer: { label: 'address', expects: 'an IP address, with or without a port', check: parseDnsServer },
  sentHost: { label: 'host', expects: 'a host name, with or without a port', check: checkSentHost },
  hostHeader: { label: '`keep`, `target` or host', expects: '`keep`, `target` or a host name', check: checkHostHeader },
  serverName: { label: 'host', expects: 'a host name', check: checkServerName },
  file: { label: 'file', expects: 'the path of a file', check: checkFile },
  store: { label: 'folder or Redis URL', expects: 'a folder, or a URL such as redis://host:6379/0', check: checkStore },
  limitStore: { label: '`memory` or Redis URL', expects: '`memory`, or a URL such as redis://host:6379/0', check: checkLimitStore },
  caName: { label: 'name', expects: CA_NAMES, pattern: `^(${[...KNOWN_CAS.keys()].join('|')})$`, check: checkCaName },
  email: { label: 'email address', expects: 'an email address', check: checkEmail },
  httpsUrl: { label: 'URL', expects: 'a URL that starts with https://', check: (text) => checkUrl(text, ['https:']) },
  httpUrl: { label: 'URL', expects: 'a URL that starts with http:// or https://', check: (text) => checkUrl(text, ['http:', 'https:']) },
  label: { label: 'text', expects: 'a label of at most 100 characters', check: checkRouteName },
  mediaTypePattern: { label: 'media type', expects: 'a type such as text/html, text/* or application/*+json', check: checkMediaTypePattern },
  word: { label: 'text', expects: 'a text of 1 to 1000 characters', check: checkWord },
  hmacKey: { label: 'base64url', expects: 'a key in base64url', isSecret: true, check: checkHmacKey },
  apiKeyName: { label: 'name', expects: 'a name without spaces', check: checkKeyName },
  apiKeyHash: { label: '`sha256:HEX`', expects: '`sha256:` and 64 hexadecimal digits', pattern: '^sha256:[0-9a-fA-F]{64}$', isSecret: true, check: checkKeyHash },
  apiKeyLine: { label: 'text', expects: 'a line such as `NAME sha256:HEX roles=a,b`', isSecret: true, check: checkKeyLine },
  expiry: { label: 'date', expects: 'a date such as 2027-01-31', check: checkExpiry },
  passwordHash: { label: 'hash', expects: 'a bcrypt or scrypt hash', isSecret: true, check: checkPasswordHash },
  logTemplate: { label: 'template', expects: 'a template such as $remote_addr "$request" $status', check: parseLogTemplate },
  loggedHeader: { label: 'name', expects: 'a header name', check: checkLoggedHeaderName },
  logSize: { label: 'size', expects: 'a size such as 100MB', pattern: '^[0-9]+([kKmMgGtT]i?)?[bB]$', check: parseBytes },
  logBuffer: { label: 'size', expects: 'a size such as 4MB, from 64KB to 1GB', pattern: '^[0-9]+([kKmMgG]i?)?[bB]$', check: checkLogBuffer },
  syslogAddress: { label: 'address', expects: 'an address such as udp://host:514', check: parseSyslogAddress },
  syslogName: { label: 'text', expects: 'a name of at most 48 visible ASCII characters', pattern: '^[!-~]{1,48}$', check: checkSyslogName },
  maskName: { label: 'name', expects: 'a name of letters, digits, `_` and `-`', check: checkMaskName },
} as const satisfies Record<string, TextKind>;

export type TextKindName = keyof typeof TEXT_KINDS;

function checkEndlessRefused(text: string): void {
  if (text === 'off') throw new RangeError('`off` is not possible here: this must have an end');
  parseDuration(text);
}

/** Windows are counted in buckets of a second, of which ten are kept. */
function checkWindow(text: string): void {
  checkEndlessRefused(text);
  const ms = parseDuration(text);
  if (ms % 1000 !== 0 || ms > WINDOW_MS_MAX) throw new RangeError(`\`${text}\` is out of range: whole seconds from 1s to 10s`);
}

function checkKeptBodySize(text: string): void {
  if (text === 'off') return;
  const bytes = parseBytes(text);
  if (bytes === 0) throw new RangeError(`\`${text}\` keeps nothing: write \`off\``);
  if (bytes > KEPT_BODY_BYTES_MAX) throw new RangeError(`\`${text}\` is out of range: up to 16MB, because it is kept in memory for each request`);
}

/** Never repeats the text. */
function checkSecret(text: string): void {
  if (text.length >= SECRET_CHARS_MIN) return;
  throw new RangeError(`this secret is too short: at least ${SECRET_CHARS_MIN} characters, such as \`openssl rand -hex 32\` prints`);
}

/** Path and query as they are sent (RFC 9112 section 3.2.1). */
function checkRequestTarget(text: string): void {
  if (!text.startsWith('/')) throw new RangeError(`a path starts with \`/\`: write \`/${text}\``);
  if (!/^[\u0021-\u007e]+$/.test(text) || text.includes('#')) throw new RangeError('this path is sent as it is, so it holds no spaces, no `#` and only ASCII');
}

function checkHeaderSize(text: string): void {
  const bytes = parseBytes(text);
  if (bytes >= HEADER_SIZE_BYTES_MIN && bytes <= HEADER_SIZE_BYTES_MAX) return;
  throw new RangeError(`\`${text}\` is out of range: from 1KB to 1MB`);
}

function checkUpstreamName(text: string): void {
  if (text.includes(':')) throw new RangeError(`\`${text}\` has a colon, which the name of an upstream cannot have: targets stand behind the name`);
  if (!NAME.test(text)) throw new RangeError(`\`${text}\` is not a name: at most 100 letters, digits, \`_\`, \`-\` and \`.\``);
}

function checkSetName(text: string): void {
  if (!NAME.test(text)) throw new RangeError(`\`${text}\` is not a name: at most 100 letters, digits, \`_\`, \`-\` and \`.\``);
}

function checkUpstreamOrTarget(text: string): void {
  if (text.includes(':')) parseTarget(text);
  else if (isIP(text) === 4 || text.includes('/')) throw new RangeError(`\`${text}\` is neither an upstream nor a target: a target has a port, as in \`api:8000\``);
  else checkUpstreamName(text);
}

function checkRouteName(text: string): void {
  if (!LABEL.test(text)) throw new RangeError('a name has 1 to 100 characters, no quotes, and no spaces at its ends');
}

function checkHostHeader(text: string): void {
  if (text !== 'keep' && text !== 'target') checkSentHost(text);
}

function checkSentHost(text: string): void {
  const name = text.replace(/:[0-9]{1,5}$/, '');
  if (name.startsWith('*')) throw new RangeError('`*` cannot be sent as a host: write one name');
  parseHostPattern(name);
}

function checkServerName(text: string): void {
  if (text.startsWith('*') || text.startsWith('[')) throw new RangeError('write one host name, as it stands in the certificate');
  parseHostPattern(text);
}

function checkFile(text: string): void {
  if (text === '' || text.includes('\0')) throw new RangeError('this is not the path of a file');
}

/** Never repeats a URL, which may hold a password. */
function checkStore(text: string): void {
  if (isRedisUrl(text)) parseRedisUrl(text);
  else if (text.includes('://')) throw new RangeError('a store is a folder, or a Redis server: write `redis://host:6379/0`');
  else checkFile(text);
}

function checkEmail(text: string): void {
  if (text.startsWith('mailto:')) throw new RangeError('an email address stands alone: leave `mailto:` out');
  if (!EMAIL.test(text)) throw new RangeError(`\`${text}\` is not an email address`);
}

function checkWord(text: string): void {
  if (text === '' || text.length > WORD_CHARS_MAX || /[\r\n\0]/.test(text)) throw new RangeError(`this must have 1 to ${WORD_CHARS_MAX} characters, and no line breaks`);
}

/** Never repeats the text. */
function checkHmacKey(text: string): void {
  if (!/^[A-Za-z0-9_-]+=*$/.test(text)) throw new RangeError('this key is not in base64url (letters, digits, `-` and `_`): copy it as the authority shows it');
  if (Buffer.from(text, 'base64url').length < HMAC_KEY_BYTES_MIN) throw new RangeError(`this key is too short: it has at least ${HMAC_KEY_BYTES_MIN} bytes`);
}
