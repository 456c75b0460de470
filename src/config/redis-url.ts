const DATABASE_MAX = 65_535;
const SHAPE = 'write `redis://host:6379/0`, with a password `redis://:PASSWORD@host:6379/0`, and `rediss://` for TLS';

/**
 * Reads `redis://[user][:password@]host[:port][/database]` or `rediss://…`.
 *
 * @returns the URL with port and database, which holds the password
 * @throws RangeError with a sentence for the user, in which nothing of the text is repeated
 */
export function parseRedisUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'redis:' && url.protocol !== 'rediss:') || url.hostname === '') {
    throw new RangeError(`this is not the URL of a Redis server (characters such as / and @ in a password are written as %2F and %40): ${SHAPE}`);
  }
  if (url.search !== '' || url.hash !== '') throw new RangeError(`the URL of a Redis server has no \`?\` and no \`#\`: ${SHAPE}`);
  const [, database] = /^\/?([0-9]*)$/.exec(url.pathname) ?? [];
  if (database === undefined || Number(database) > DATABASE_MAX) throw new RangeError(`behind the host of a Redis server stands the number of a database: ${SHAPE}`);
  if (url.port === '') url.port = '6379';
  url.pathname = `/${Number(database)}`;
  return url.href;
}

/** Whether a text is meant as the URL of a Redis server, right or wrong. */
export function isRedisUrl(text: string): boolean {
  return /^rediss?:/i.test(text);
}
