import type { SyslogAddress } from './access-log-config.ts';

const PORT_DEFAULT = 514;
const SHAPE = 'write udp://host:514, tcp://host:601 or unix:/path/of/socket';
/** The system's bound for the path of a socket (sun_path), less its end. */
const SOCKET_PATH_MAX = 107;

/**
 * Reads `udp://host[:port]`, `tcp://host[:port]` or `unix:/path`.
 *
 * @throws RangeError with a sentence for the user
 */
export function parseSyslogAddress(text: string): SyslogAddress {
  const path = /^unix:(?:\/\/)?(\/[^\0]+)$/.exec(text)?.[1];
  if (path !== undefined) {
    if (Buffer.byteLength(path) > SOCKET_PATH_MAX) throw new RangeError(`the path of a socket has at most ${SOCKET_PATH_MAX} bytes`);
    return { transport: 'unix', path };
  }
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'udp:' && url.protocol !== 'tcp:') || url.hostname === '') throw new RangeError(`this is no syslog server: ${SHAPE}`);
  if (url.username !== '' || url.search !== '' || url.hash !== '' || !['', '/'].includes(url.pathname)) throw new RangeError(`nothing but host and port stands here: ${SHAPE}`);
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  return { transport: url.protocol === 'udp:' ? 'udp' : 'tcp', host, port: url.port === '' ? PORT_DEFAULT : Number(url.port) };
}
