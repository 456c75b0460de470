import { hash } from 'node:crypto';
import type { Exchange } from '../../exchange/exchange.ts';
import { authorityOf, clientFields } from '../../upstream/client-fields.ts';

/** The question to the service: names and values in turn. */
export interface Question {
  readonly headers: string[];
  /** The same for all requests that the service cannot tell apart. */
  readonly key: string;
}

const COOKIE = 'cookie';

/**
 * What the service is told of a request. Its path is the one that we route and forward by, and its query has no secrets any
 * more; what other policies keep back from the upstream is kept back here as well.
 * @param names of headers passed on, in lower case.
 */
export function questionOf(exchange: Exchange, names: ReadonlySet<string>, url: URL): Question {
  const asked = [
    'X-Forwarded-Method', exchange.method,
    'X-Forwarded-Proto', exchange.scheme,
    'X-Forwarded-Host', authorityOf(exchange),
    'X-Forwarded-Uri', exchange.path + exchange.query,
    'X-Forwarded-For', exchange.clientAddress === '' ? 'unknown' : exchange.clientAddress,
    ...passedOn(exchange, names),
  ];
  const headers = [
    'Host', url.host,
    // By these the gateway knows its own requests, should the service lie behind it.
    'Via', clientFields(exchange).via,
    'X-Request-Id', exchange.id,
    'Accept-Encoding', 'identity',
    ...asked,
  ];
  return { headers, key: hash('sha256', JSON.stringify(asked), 'base64') };
}

function passedOn({ head: { rawHeaders }, withheld }: Exchange, names: ReadonlySet<string>): string[] {
  const headers: string[] = [];
  let cookie = '';
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    const lower = name.toLowerCase();
    if (!names.has(lower) || withheld?.has(name) === true) continue;
    // HTTP/2 clients send a line for each cookie (RFC 9113 §8.2.3).
    if (lower === COOKIE) cookie = cookie === '' ? rawHeaders[i + 1]! : `${cookie}; ${rawHeaders[i + 1]}`;
    else headers.push(name, rawHeaders[i + 1]!);
  }
  return cookie === '' ? headers : [...headers, 'Cookie', cookie];
}
