import type { Redis } from 'ioredis';
import { latePart } from '../late-part.ts';
import type { RedisAddress } from './redis-address.ts';
import { NO_SUCH_DATABASE, redisProblem } from './redis-problem.ts';

export type RedisClient = Redis;

interface RedisClientOptions {
  /** How the connection is called in the server's list of clients. */
  readonly name: string;
  /** Within this a connection is made, and one on which something is asked says something, or it has failed. */
  readonly deadlineMs: number;
  /** Within this a command is answered, or it has failed; null: the caller sees to it. */
  readonly commandDeadlineMs: number | null;
}

/**
 * A client that is always one of two things: connected, or connecting again in the background (pauses of 50 ms to 5 s).
 * A command waits for neither, and is never sent twice. Connects when it is told to; `error` must be listened to.
 */
export async function createRedisClient(address: RedisAddress, { name, deadlineMs, commandDeadlineMs }: RedisClientOptions): Promise<RedisClient> {
  // Only who uses Redis pays for the library.
  const { Redis: Client } = await latePart(async () => import('ioredis'));
  const client = new Client({
    host: address.host,
    port: address.port,
    db: address.database,
    ...(address.username !== null && { username: address.username }),
    ...(address.password !== null && { password: address.password }),
    ...(address.tls && { tls: {} }),
    lazyConnect: true,
    connectionName: name,
    disableClientInfo: true,
    // RESP2 is what every version and every proxy in front of it speaks.
    protocol: 2,
    connectTimeout: deadlineMs,
    ...(commandDeadlineMs !== null && { commandTimeout: commandDeadlineMs }),
    socketTimeout: deadlineMs,
    maxLoadingRetryTime: deadlineMs,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    // After a failover the old master is a replica; connecting anew finds the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  });
  client.on('error', (error) => {
    // ioredis would go on in database 0, which may be somebody else's.
    if (redisProblem(error, '') === NO_SUCH_DATABASE) client.disconnect(true);
  });
  return client;
}
