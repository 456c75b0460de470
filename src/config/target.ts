import { isIP } from 'node:net';
import { parsePort } from './address.ts';
import type { TargetConfig } from './upstream-config.ts';

/** The kernel's limit for the path of a unix socket (sun_path), in bytes without its end mark. */
const SOCKET_PATH_BYTES_MAX = 107;
const HOST = /^[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?$/;

/** Weight 1 and no backup, unless the target is written in full. */
const PLAIN = { srv: false, weight: 1, backup: false } as const;

/**
 * Reads a target: `host:port`, `http://host:port`, `https://host[:port]`, `srv:name` or `unix:/path`.
 *
 * @throws RangeError with a sentence for the user
 */
export function parseTarget(text: string): TargetConfig {
  if (text.startsWith('unix:')) return parseSocket(text);
  if (/^srv:/i.test(text)) return parseSrv(text.slice('srv:'.length));
  const match = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/is.exec(text);
  const scheme = match?.[1]?.toLowerCase() ?? null;
  const authority = match?.[2] ?? '';
  if (scheme !== null && scheme !== 'http' && scheme !== 'https') {
    throw new RangeError(`\`${scheme}://\` is not supported: write http://, https://, srv:name or unix:/path (WebSockets need no scheme of their own)`);
  }
  if (authority.includes('@')) throw new RangeError('a target has no user name or password');
  const end = authority.search(/[/?#]/);
  if (end !== -1) {
    const right = `${scheme === null ? '' : `${scheme}://`}${authority.slice(0, end)}`;
    throw new RangeError(`a target has no path: write \`${right}\`, and change paths with the route's stripPrefix, addPrefix or rewrite`);
  }
  const { host, port } = splitAuthority(authority, scheme);
  const secure = scheme === 'https';
  const name = `${secure ? 'https://' : ''}${host.includes(':') ? `[${host}]` : host}:${port}`;
  return { ...PLAIN, name, secure, host, port, path: null };
}

function splitAuthority(authority: string, scheme: string | null): { host: string; port: number } {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::([0-9]*))?$/.exec(authority);
  if (match === null) {
    const right = isIP(authority) === 6 ? `: write IPv6 addresses in brackets, \`[${authority}]:80\`` : ': write `host:port`';
    throw new RangeError(`\`${authority}\` is not a host with a port${right}`);
  }
  const [, bracketed, unbracketed = '', portText] = match;
  const host = (bracketed ?? unbracketed).toLowerCase();
  if (bracketed === undefined ? !isName(host) : isIP(host) !== 6) {
    throw new RangeError(host === '' ? 'the host is missing: write `host:port`' : `\`${host}\` is not a host name or address`);
  }
  if (portText === undefined && scheme === null) throw new RangeError(`the port is missing: write \`${authority}:80\``);
  const port = portText === undefined ? defaultPort(scheme) : parsePort(portText);
  if (port === 0 || portText === '') throw new RangeError('a target needs a port between 1 and 65535');
  return { host, port };
}

function isName(host: string): boolean {
  return HOST.test(host) && !host.includes('..');
}

function defaultPort(scheme: string | null): number {
  return scheme === 'https' ? 443 : 80;
}

/** The records say which hosts and ports there are (RFC 2782); `_https` as the service means TLS. */
function parseSrv(text: string): TargetConfig {
  const host = text.toLowerCase();
  const bare = host.replace(/^\/\//, '').replace(/[:/?#].*$/s, '');
  if (isIP(bare) !== 0) throw new RangeError(`an address has no SRV records: write \`${bare}:80\``);
  if (!isName(host)) {
    const right = isName(bare) ? bare : '_http._tcp.api.example.com';
    throw new RangeError(`\`srv:\` is followed by a name alone, because SRV records say the port: write \`srv:${right}\``);
  }
  return { ...PLAIN, name: `srv:${host}`, secure: host.startsWith('_https.'), host, port: 0, path: null, srv: true };
}

function parseSocket(text: string): TargetConfig {
  const path = text.slice('unix:'.length);
  if (!path.startsWith('/') || path.startsWith('//')) throw new RangeError('the path of a unix socket is absolute: write unix:/run/app.sock');
  if (path.includes('\0')) throw new RangeError('the path of a unix socket holds a NUL character');
  if (Buffer.byteLength(path) > SOCKET_PATH_BYTES_MAX) {
    throw new RangeError(`the path of a unix socket is longer than the ${SOCKET_PATH_BYTES_MAX} bytes the system allows`);
  }
  return { ...PLAIN, name: text, secure: false, host: '', port: 0, path };
}
