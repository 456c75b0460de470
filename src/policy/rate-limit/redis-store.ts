import { parseRedisAddress, redisName } from '../../lib/redis/redis-address.ts';
import { createRedisClient, type RedisClient } from '../../lib/redis/redis-client.ts';
import { NOT_CONNECTED, redisProblem } from '../../lib/redis/redis-problem.ts';
import type { LimitQuestion, LimitVerdict, LimitWindow, WindowState } from './limit-store.ts';
import { AnswerError, GIVE_BACK, PEEK, peekStates, type Script, scriptArguments, TAKE, takeVerdict } from './redis-script.ts';

/** A connection that is made takes so long at most, and one on which something is asked is silent so long. */
const DEADLINE_MS = 2000;

interface Asked {
  readonly script: Script;
  readonly key: string;
  readonly windows: readonly LimitWindow[];
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** What whoever uses the store is told of its connection. */
interface ConnectionListener {
  onConnected(): void;
  /** @param problem goes on from the name of the store. */
  onLost(problem: string): void;
}

/**
 * Limits in Redis, for all gateways that share it: a string for each key, `PREFIX:limit:KEY`. What is asked in one turn of the
 * event loop goes out in one write. Knows no patience and no way out: both are of {@link GuardedStore}.
 */
export class RedisLimits {
  /** `redis at redis:6379`, without the password. */
  readonly name: string;
  readonly #keys: string;
  readonly #connecting: Promise<RedisClient>;
  #client: RedisClient | null = null;
  #asked: Asked[] = [];
  #isClosed = false;

  /** Connects in the background. @throws RangeError for a URL that names no Redis, without its password. */
  constructor(url: string, prefix: string, listener: ConnectionListener) {
    const address = parseRedisAddress(url);
    this.name = redisName(address);
    this.#keys = `${prefix}:limit:`;
    this.#connecting = createRedisClient(address, { name: 'sluice-limits', deadlineMs: DEADLINE_MS, commandDeadlineMs: null });
    this.#connecting.then((client) => this.#connect(client, listener), () => listener.onLost('cannot be used'));
  }

  /** @throws Error of Redis or of its connection, for {@link problemOf}. */
  async ask(question: LimitQuestion): Promise<LimitVerdict> {
    return takeVerdict(question.windows, await this.#run(TAKE, question));
  }

  /** @throws Error as `ask` */
  async giveBack(question: LimitQuestion): Promise<void> {
    await this.#run(GIVE_BACK, question);
  }

  /** What is counted, without a request being taken; null: nothing is. @throws Error as `ask` */
  async peek(question: LimitQuestion): Promise<readonly WindowState[] | null> {
    return peekStates(question.windows, await this.#run(PEEK, question));
  }

  async clear(key: string): Promise<boolean> {
    const client = await this.#connecting;
    return (await client.del(this.#keys + key)) > 0;
  }

  /** Why Redis could not do it, to go on from its name. */
  problemOf(error: unknown): string {
    return error instanceof AnswerError ? error.message : redisProblem(error, this.#keys);
  }

  /** What is asked and not yet answered is rejected. */
  close(): void {
    this.#isClosed = true;
    this.#client?.disconnect();
  }

  #connect(client: RedisClient, listener: ConnectionListener): void {
    if (this.#isClosed) return;
    this.#client = client;
    let problem = '';
    client.on('error', (error) => {
      const found = this.problemOf(error);
      // That a connection is gone explains nothing where it is known why.
      if (found !== NOT_CONNECTED || problem === '') problem = found;
    });
    client.on('ready', () => {
      problem = '';
      listener.onConnected();
    });
    client.on('close', () => {
      if (!this.#isClosed) listener.onLost(problem === '' ? 'broke the connection off' : problem);
    });
    client.connect().catch(() => undefined);
  }

  async #run(script: Script, { key, windows }: LimitQuestion): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#asked.push({ script, key: this.#keys + key, windows, resolve, reject });
      if (this.#asked.length === 1) setImmediate(() => void this.#flush());
    });
  }

  async #flush(): Promise<void> {
    const asked = this.#asked;
    this.#asked = [];
    const client = this.#client;
    if (client === null) {
      for (const { reject } of asked) reject(new Error('not connected yet'));
      return;
    }
    const unknown = await send(client, asked);
    if (unknown.length === 0) return;
    // The server has been started anew, or was told to forget its scripts.
    const scripts = new Set(unknown.map(({ script }) => script.text));
    const loaded = await Promise.allSettled([...scripts].map(async (text) => client.script('LOAD', text)));
    const failed = loaded.find((result) => result.status === 'rejected');
    const left = failed === undefined ? await send(client, unknown) : unknown;
    for (const { reject } of left) reject(failed === undefined ? new AnswerError('does not keep the scripts that it is given') : failed.reason);
  }
}

/** @returns those that the server could not answer because it does not know the script. */
async function send(client: RedisClient, asked: readonly Asked[]): Promise<Asked[]> {
  const pipeline = client.pipeline();
  for (const { script, key, windows } of asked) pipeline.evalsha(script.sha, 1, key, ...scriptArguments(windows));
  try {
    const answers = await pipeline.exec();
    return asked.filter((one, i) => !settle(one, answers?.[i] ?? [new Error('no answer'), null]));
  } catch (error) {
    for (const { reject } of asked) reject(error);
    return [];
  }
}

/** False where the server does not know the script. */
function settle({ resolve, reject }: Asked, [error, answer]: readonly [error: Error | null, answer: unknown]): boolean {
  if (error === null) resolve(answer);
  else if (error.message.startsWith('NOSCRIPT')) return false;
  else reject(error);
  return true;
}
