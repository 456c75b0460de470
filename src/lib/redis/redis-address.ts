const REDIS_PORT = 6379;
const SHAPE = /^\/?(\d{0,5})\/?$/;

/** Where a Redis is, and how to be let in. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly username: string | null;
  readonly password: string | null;
  readonly database: number;
  readonly tls: boolean;
}

/**
 * Reads `redis://[[user]:password@]host[:port][/database]`, or `rediss:` for TLS.
 * @throws RangeError in which nothing of the text is repeated.
 */
export function parseRedisAddress(text: string): RedisAddress {
  const url = URL.canParse(text) ? new URL(text) : null;
  const database = SHAPE.exec(url?.pathname ?? '-')?.[1];
  if (url === null || !/^rediss?:$/.test(url.protocol) || url.hostname === '' || database === undefined || url.search !== '' || url.hash !== '') {
    throw new RangeError('the URL of the store is not like redis://[[user]:password@]host[:port][/database], or rediss: for TLS.');
  }
  return {
    host: url.hostname.replaceAll(/^\[|\]$/g, ''),
    port: Number(url.port || REDIS_PORT),
    username: secretOf(url.username),
    password: secretOf(url.password),
    database: Number(database || 0),
    tls: url.protocol === 'rediss:',
  };
}

/** For logs: `redis at redis:6379`, without the password. */
export function redisName({ host, port }: Pick<RedisAddress, 'host' | 'port'>): string {
  return `redis at ${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function secretOf(encoded: string): string | null {
  try {
    return encoded === '' ? null : decodeURIComponent(encoded);
  } catch {
    throw new RangeError('the URL of the store has a user or password with a "%" that begins no escape; write %25 for it.');
  }
}
