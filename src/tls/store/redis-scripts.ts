/** Lua that Redis runs as one step. KEYS and ARGV are named in the first line of each. */

/** certificates, changes; id, value, most: 1, or 0 where the hash is full. */
export const SAVE_CERTIFICATE = `
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('PUBLISH', KEYS[2], redis.call('INCR', KEYS[2]))
return 1`;

/** account-keys, account-urls; directory, key: the key that counts. A URL belongs to its key, so it goes when a key is made. */
export const KEEP_ACCOUNT_KEY = `
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 1 then redis.call('HDEL', KEYS[2], ARGV[1]) end
return redis.call('HGET', KEYS[1], ARGV[1])`;

/** hash, place for it; field, value, ms: 1, or 0 where the field holds another value by now. */
export const SET_ASIDE = `
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
return redis.call('HDEL', KEYS[1], ARGV[1])`;

/** Time is the server's, so that no gateway's clock matters. */
const SERVER_TIME = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)`;

/** challenges, changes; challenge, ms, most: 1, or 0 where there are too many. Set and key end with the last challenge. */
export const PUT_CHALLENGE = `${SERVER_TIME}
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', last[2]))
redis.call('PUBLISH', KEYS[2], redis.call('INCR', KEYS[2]))
return 1`;

/** challenges, changes; challenge. */
export const REMOVE_CHALLENGE = `
if redis.call('ZREM', KEYS[1], ARGV[1]) == 1 then redis.call('PUBLISH', KEYS[2], redis.call('INCR', KEYS[2])) end
return 1`;

/** challenges; most: all that are open. */
export const OPEN_CHALLENGES = `${SERVER_TIME}
return redis.call('ZRANGE', KEYS[1], 0, ARGV[1] - 1)`;

/** lock; token, ms: 1 while the lock is ours. */
export const EXTEND_LOCK = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

/** lock; token. */
export const RELEASE_LOCK = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`;
