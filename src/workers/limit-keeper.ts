import type { LimitDesk, LimitState } from '../admin/limit-desk.ts';
import { AdminProblem } from '../admin/problem.ts';
import type { Config } from '../config/config.ts';
import { parseKeyFile } from '../config/credentials/key-file.ts';
import type { ApiKeyConfig } from '../config/policies/api-key.ts';
import type { PolicySettings } from '../config/policies/policy-kinds.ts';
import type { RateLimitsConfig } from '../config/rate-limits-config.ts';
import { readBounded } from '../config/read-file.ts';
import type { Clock } from '../lib/clock.ts';
import { withDeadline } from '../lib/deadline.ts';
import type { Rate } from '../lib/rate.ts';
import type { LimitMemory } from '../policy/rate-limit/limit-table.ts';
import { Limiter, type LimiterQuestion } from '../policy/rate-limit/limiter.ts';
import { MemoryStore } from '../policy/rate-limit/memory-store.ts';
import { RedisLimits } from '../policy/rate-limit/redis-store.ts';

/** Redis is asked by somebody who waits for it, and as long as it takes requests would not. */
const REDIS_WAIT_MS = 3000;

interface KeeperOptions {
  readonly clock: Clock;
  /** What the workers count in. */
  readonly memory: LimitMemory;
  /** In force. */
  readonly config: () => Config;
}

interface Count {
  readonly scope: string;
  readonly question: LimiterQuestion;
}

/**
 * Finds what the limits of the configuration in force have counted, where they count it. Keys cannot be read back from what is
 * stored, so each limit is asked for all that a text may have become there. Redis is connected to for each question.
 */
export class LimitKeeper implements LimitDesk {
  readonly #options: KeeperOptions;
  readonly #memory: MemoryStore;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#memory = new MemoryStore(options.memory, 0, options.clock);
  }

  /** @throws AdminProblem 503 where Redis cannot be asked, and the limits are nowhere else. */
  async find(key: string): Promise<readonly LimitState[]> {
    const config = this.#options.config();
    const { redisUrl, onStoreDown } = config.rateLimits;
    const counts = countsOf(config, key);
    const here = counts.flatMap((count) => statesOf(count, this.#memory.peek(count.question)));
    if (redisUrl === null) return here;
    try {
      return await this.#inRedis(redisUrl, config.rateLimits, async (redis) => {
        const found = await Promise.all(counts.map(async (count) => statesOf(count, await redis.peek(count.question))));
        return found.flat();
      });
    } catch (error) {
      // Until it can be used again, that is what counts.
      if (error instanceof AdminProblem && onStoreDown === 'local') return here;
      throw error;
    }
  }

  /** @throws AdminProblem 503 where Redis cannot be asked; what was counted here meanwhile is forgotten all the same. */
  async clear(key: string): Promise<number> {
    const config = this.#options.config();
    const { redisUrl } = config.rateLimits;
    const keys = countsOf(config, key).map(({ question }) => question.key);
    const here = await Promise.all(keys.map(async (each) => this.#memory.clear(each)));
    if (redisUrl === null) return here.filter(Boolean).length;
    const there = await this.#inRedis(redisUrl, config.rateLimits, async (redis) => Promise.all(keys.map(async (each) => redis.clear(each))));
    return keys.filter((_, i) => here[i] === true || there[i] === true).length;
  }

  async #inRedis<T>(url: string, { prefix }: RateLimitsConfig, work: (redis: RedisLimits) => Promise<T>): Promise<T> {
    const { promise: connected, resolve, reject } = Promise.withResolvers<void>();
    const redis = new RedisLimits(url, prefix, {
      onConnected: resolve,
      onLost: (problem) => reject(unreachable(redis, problem)),
    });
    const answer = connected.then(async () => work(redis)).catch((error: unknown) => {
      throw error instanceof AdminProblem ? error : unreachable(redis, redis.problemOf(error));
    });
    try {
      return await withDeadline(this.#options.clock, REDIS_WAIT_MS, answer);
    } catch (error) {
      throw error instanceof AdminProblem ? error : unreachable(redis, 'did not answer in time');
    } finally {
      redis.close();
    }
  }
}

function unreachable({ name }: RedisLimits, problem: string): AdminProblem {
  return new AdminProblem(503, 'Limits cannot be reached', `${name} ${problem}.`);
}

/** Each count once, whatever routes share it. */
function countsOf({ routes, noRoutePolicies }: Config, text: string): readonly Count[] {
  const found = new Map<string, Count>();
  const add = (routeId: string, { rateLimit, apiKey }: PolicySettings): void => {
    if (rateLimit === null) return;
    const ofKeys = apiKey === null ? [] : limitsOfKey(apiKey, text);
    for (const keyed of rateLimit.keyed) {
      const limiter = new Limiter(keyed, routeId, rateLimit.zone);
      for (const question of limiter.questionsOfText(text, ofKeys)) found.set(question.key, { scope: limiter.scope, question });
    }
  };
  for (const { id, policies } of routes) add(id, policies);
  add('', noRoutePolicies);
  return [...found.values()];
}

/** Of all keys of that name, as the file of keys says now, which workers watch. */
function limitsOfKey({ keys, file }: ApiKeyConfig, name: string): (readonly Rate[])[] {
  const entries = file === null ? keys : [...keys, ...file.keys, ...keysNow(file.path)];
  return entries.flatMap((entry) => (entry.name === name && entry.limits !== null && entry.limits.length > 0 ? [entry.limits] : []));
}

function keysNow(file: string): ReturnType<typeof parseKeyFile> {
  try {
    return parseKeyFile(file, Buffer.from(readBounded(file)).toString());
  } catch {
    // Workers go on with the keys of before as well.
    return [];
  }
}

function statesOf({ scope, question: { windows } }: Count, states: Awaited<ReturnType<RedisLimits['peek']>>): LimitState[] {
  return (states ?? []).map((state, i) => ({ scope, limit: windows[i]?.name ?? '', ...state }));
}
