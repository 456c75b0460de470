/** What the first word of an error of the server means (ioredis: ReplyError). KEYS stands for the beginning of our keys. */
const REPLIES: Readonly<Record<string, string>> = {
  NOAUTH: 'asks for a password; write it into the URL, redis://:PASSWORD@host',
  WRONGPASS: 'refuses the user or the password',
  NOPERM: 'does not allow this user what is needed; our keys, and the channel if any, are KEYS*',
  READONLY: 'is a replica that cannot be written to; name the master',
  OOM: 'is out of memory; raise its maxmemory',
  MISCONF: 'cannot save to its disk and therefore takes no writes',
  LOADING: 'is still reading its data',
  MASTERDOWN: 'has lost its master',
  WRONGTYPE: 'holds something else under a key of KEYS',
  MOVED: 'is one of a cluster, which is not supported; name a server that stands alone, or a proxy in front of the cluster',
  BUSY: 'is busy with a script',
};

const CONNECTIONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses the connection; is it running?',
  ENOTFOUND: 'has a name that cannot be resolved',
  EAI_AGAIN: 'has a name that cannot be resolved just now',
  ETIMEDOUT: 'cannot be reached in time',
  EHOSTUNREACH: 'cannot be reached',
  ENETUNREACH: 'cannot be reached',
  ECONNRESET: 'broke the connection off',
  EPIPE: 'broke the connection off',
  ERR_TLS_CERT_ALTNAME_INVALID: 'has a certificate for another name',
  CERT_HAS_EXPIRED: 'has a certificate that has expired',
};

export const NOT_CONNECTED = 'is not connected';
export const NO_SUCH_DATABASE = 'has no database of that number; see "databases" in redis.conf';

const UNTRUSTED = 'has a certificate that is not trusted; start with NODE_EXTRA_CA_CERTS=FILE to name its CA';

/**
 * Why Redis could not do it, to go on from its name. Only codes are taken from the error: its text may quote the
 * arguments of the command, such as private keys.
 * @param keys what our keys begin with.
 */
export function redisProblem(error: unknown, keys: string): string {
  if (!(error instanceof Error)) return 'failed';
  if (error.message === 'Command timed out') return 'did not answer in time';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (/SELF_SIGNED|UNABLE_TO_|DEPTH_ZERO/.test(code)) return UNTRUSTED;
  if (code !== '') return CONNECTIONS[code] ?? `cannot be used (${code})`;
  if (error.name !== 'ReplyError') return NOT_CONNECTED;
  if (error.message === 'ERR DB index is out of range') return NO_SUCH_DATABASE;
  const [word = ''] = error.message.split(' ');
  return REPLIES[word]?.replace('KEYS', keys) ?? (/^[A-Z]{2,20}$/.test(word) ? `answered with an error (${word})` : 'answered with an error');
}
