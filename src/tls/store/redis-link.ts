import type { Clock } from '../../lib/clock.ts';
import { type RedisAddress, redisName } from '../../lib/redis/redis-address.ts';
import { createRedisClient, type RedisClient } from '../../lib/redis/redis-client.ts';
import { NOT_CONNECTED, redisProblem } from '../../lib/redis/redis-problem.ts';
import { StoreError, type StoreServices } from './certificate-store.ts';

/** Within this a command is answered, and a connection made, or it has failed. */
const DEADLINE_MS = 5000;
const KEYS = 'sluice:tls:';

/**
 * A connection to Redis that is always one of two things: there, or being made again in the background (pauses
 * of 50 ms to 5 s). A command waits for neither: it is answered within 5 s or fails, and is never sent twice. An outage
 * is a warning for each new reason, and its end a message; no error carries a command, whose arguments are keys.
 */
export class RedisLink {
  /** `redis at redis:6379`, without the password. */
  readonly name: string;
  readonly #client: RedisClient;
  readonly #services: StoreServices;
  /** Why there is no connection, as last logged; null: there is one. */
  #outage: string | null = null;

  /** Resolves when it is connected, or after 5 s without. Never rejects. */
  static async open(address: RedisAddress, services: StoreServices): Promise<RedisLink> {
    const client = await createRedisClient(address, { name: 'sluice', deadlineMs: DEADLINE_MS, commandDeadlineMs: DEADLINE_MS });
    const link = new RedisLink(client, address, services);
    await connected(client, services.clock);
    return link;
  }

  private constructor(client: RedisClient, address: RedisAddress, services: StoreServices) {
    this.name = redisName(address);
    this.#client = client;
    this.#services = services;
    this.#reportOutages(client);
  }

  /** @throws StoreError */
  async run<T>(command: (client: RedisClient) => Promise<T>): Promise<T> {
    try {
      return await command(this.#client);
    } catch (error) {
      throw new StoreError(`${this.name} ${this.#outage ?? redisProblem(error, KEYS)}`);
    }
  }

  /**
   * Tells of messages on `channel` and, because those of an outage are lost, of each time it was subscribed to anew.
   * Uses a connection of its own. @returns stops.
   */
  subscribe(channel: string, onMessage: () => void): () => void {
    const { logger } = this.#services;
    const client = this.#client.duplicate({ lazyConnect: true, connectionName: 'sluice-watch' });
    // The other connection has said so already.
    client.on('error', () => undefined);
    let isStopped = false;
    const tell = (): void => {
      if (!isStopped) onMessage();
    };
    client.on('message', tell);
    client.on('ready', () => {
      client.subscribe(channel).then(tell, (error: unknown) => {
        if (isStopped) return;
        logger.warn('other gateways are not heard at once, only at the next look', { store: this.name, reason: redisProblem(error, KEYS) });
      });
    });
    client.connect().catch(() => undefined);
    return () => {
      isStopped = true;
      client.disconnect();
    };
  }

  close(): void {
    this.#client.disconnect();
  }

  #reportOutages(client: RedisClient): void {
    const { logger } = this.#services;
    client.on('error', (error) => {
      const problem = redisProblem(error, KEYS);
      // That a connection is gone explains nothing where it is known why.
      if (problem === this.#outage || (problem === NOT_CONNECTED && this.#outage !== null)) return;
      this.#outage = problem;
      logger.warn('the certificate store cannot be used; certificates in use stay, and it is tried again', { store: this.name, reason: problem });
    });
    client.on('ready', () => {
      if (this.#outage !== null) logger.info('the certificate store can be used again', { store: this.name });
      this.#outage = null;
    });
  }
}

async function connected(client: RedisClient, clock: Clock): Promise<void> {
  const { promise: timeUp, resolve } = Promise.withResolvers<void>();
  const stop = clock.every(DEADLINE_MS, resolve);
  await Promise.race([client.connect().catch(() => undefined), timeUp]);
  stop();
}
