import { parseRedisAddress, type RedisAddress } from '../../lib/redis/redis-address.ts';
import { StoreError, type CertificateStore, type StoreServices } from './certificate-store.ts';
import { FileStore } from './file-store.ts';
import { RedisLink } from './redis-link.ts';
import { RedisStore } from './redis-store.ts';

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
  try {
    return parseRedisAddress(text);
  } catch (error) {
    throw error instanceof RangeError ? new StoreError(error.message) : error;
  }
}
