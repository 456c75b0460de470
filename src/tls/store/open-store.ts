import { StoreError, type CertificateStore, type StoreServices } from './certificate-store.ts';
import { FileStore } from './file-store.ts';
import { type RedisAddress, RedisLink } from './redis-link.ts';
import { RedisStore } from './redis-store.ts';

const REDIS_PORT = 6379;

interface StoreConfig {
  /** Folder that also holds the local CA; used where there is no Redis. */
  readonly storeDir: string;
  /** `redis://[[user]:password@]host[:port][/database]`, or `rediss:` for TLS. */
  readonly redisUrl: string | null;
}

/**
 * The store that the configuration names. One that cannot be used just now is a warning and opened all the
 * same: its methods throw until it can. The caller closes it.
 *
 * @throws StoreError for a URL that names no Redis, without the URL's password.
 */
export async function openStore({ storeDir, redisUrl }: StoreConfig, services: StoreServices): Promise<CertificateStore> {
  if (redisUrl !== null) return new RedisStore(await RedisLink.open(redisAddress(redisUrl), services), services);
  const store = new FileStore(storeDir, services);
  try {
    await store.prepare();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    services.logger.warn('the certificate store cannot be written; certificates are lost at the next start', { store: store.name, reason: error.message });
  }
  return store;
}

/** @throws StoreError */
function redisAddress(text: string): RedisAddress {
  const url = URL.canParse(text) ? new URL(text) : null;
  const database = /^\/?(\d{0,5})\/?$/.exec(url?.pathname ?? '-')?.[1];
  if (url === null || !/^rediss?:$/.test(url.protocol) || url.hostname === '' || database === undefined || url.search !== '' || url.hash !== '') {
    throw new StoreError('the URL of the store is not like redis://[[user]:password@]host[:port][/database], or rediss: for TLS.');
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

function secretOf(encoded: string): string | null {
  try {
    return encoded === '' ? null : decodeURIComponent(encoded);
  } catch {
    throw new StoreError('the URL of the store has a user or password with a "%" that begins no escape; write %25 for it.');
  }
}
