import { hash } from 'node:crypto';
import type { LimitVerdict, LimitWindow, WindowState } from './limit-store.ts';

/** Lua that Redis runs as one step, and the name by which it knows it. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

const US_PER_MS = 1000;

/**
 * Takes one request from all windows or from none (GCRA), in one step. Each has a theoretical arrival time in µs; the value
 * is the time of the last request that was taken, and theirs. Where the clock of the server was set back, it is as if no time
 * had passed since then. A key ends when it is as good as new.
 * KEYS: key. ARGV: for each window µs for one request, and how many µs requests may be ahead.
 * Answer: 1 or 0, and for each window how many µs requests were ahead before this one.
 */
export const TAKE = scriptOf(`
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local count = #ARGV / 2
local before = {}
local value = redis.call('GET', KEYS[1])
if value then
  for part in string.gmatch(value, '%d+') do before[#before + 1] = tonumber(part) end
end
local from = math.max(now, before[1] or 0)
local answer = {1}
for i = 1, count do
  local ahead = math.max(0, (before[i + 1] or 0) - from)
  if ahead > tonumber(ARGV[i * 2]) then answer[1] = 0 end
  answer[i + 1] = ahead
end
if answer[1] == 0 then return answer end
local parts = {string.format('%.0f', now)}
local longest = 0
for i = 1, count do
  local ahead = answer[i + 1] + tonumber(ARGV[i * 2 - 1])
  longest = math.max(longest, ahead)
  parts[i + 1] = string.format('%.0f', now + ahead)
end
redis.call('SET', KEYS[1], table.concat(parts, ' '), 'PX', string.format('%.0f', math.ceil(longest / 1000)))
return answer`);

/** Undoes a request that was taken. KEYS and ARGV as of {@link TAKE}. */
export const GIVE_BACK = scriptOf(`
local value = redis.call('GET', KEYS[1])
if not value then return 0 end
local before = {}
for part in string.gmatch(value, '%d+') do before[#before + 1] = tonumber(part) end
local parts = {string.format('%.0f', before[1])}
local longest = 0
for i = 2, #before do
  local arrival = math.max(before[1], before[i] - tonumber(ARGV[i * 2 - 3] or 0))
  longest = math.max(longest, arrival - before[1])
  parts[i] = string.format('%.0f', arrival)
end
if longest == 0 then return redis.call('DEL', KEYS[1]) end
redis.call('SET', KEYS[1], table.concat(parts, ' '), 'PX', string.format('%.0f', math.ceil(longest / 1000)))
return 1`);

/** Takes nothing. KEYS and ARGV as of {@link TAKE}. Answer: for each window how many µs requests are ahead; nothing where nothing is counted. */
export const PEEK = scriptOf(`
local value = redis.call('GET', KEYS[1])
if not value then return {} end
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local before = {}
for part in string.gmatch(value, '%d+') do before[#before + 1] = tonumber(part) end
local from = math.max(now, before[1] or 0)
local answer = {}
for i = 1, #ARGV / 2 do answer[i] = math.max(0, (before[i + 1] or 0) - from) end
return answer`);

/** The answer is not one that the script can give. Goes on from the name of the server. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';
}

/** Whole microseconds for one request: the finest that Redis counts. */
function intervalUs({ periodMs, requests }: LimitWindow): number {
  return Math.max(1, Math.round((periodMs * US_PER_MS) / requests));
}

/** ARGV of {@link TAKE} and {@link GIVE_BACK}. */
export function scriptArguments(windows: readonly LimitWindow[]): number[] {
  return windows.flatMap((window) => {
    const interval = intervalUs(window);
    return [interval, interval * window.burst];
  });
}

/** What the answer of {@link TAKE} means. @throws AnswerError where it is none. */
export function takeVerdict(windows: readonly LimitWindow[], answer: unknown): LimitVerdict {
  const numbers: readonly unknown[] = Array.isArray(answer) ? answer : [];
  const [taken, ...aheads] = numbers.filter((part) => typeof part === 'number');
  if (aheads.length !== windows.length || numbers.length !== windows.length + 1) throw new AnswerError('answers something else than was asked');
  return taken === 1 ? allowed(windows, aheads) : refused(windows, aheads);
}

/** What the answer of {@link PEEK} means; null: nothing is counted. @throws AnswerError where it is none. */
export function peekStates(windows: readonly LimitWindow[], answer: unknown): readonly WindowState[] | null {
  const numbers: readonly unknown[] | null = Array.isArray(answer) ? answer : null;
  if (numbers?.length === 0) return null;
  const aheads = numbers?.filter((part) => typeof part === 'number') ?? [];
  if (aheads.length !== windows.length || numbers?.length !== windows.length) throw new AnswerError('answers something else than was asked');
  return windows.map((window, i) => {
    const interval = intervalUs(window);
    const leftUs = interval * window.burst - aheads[i]!;
    return { remaining: Math.max(0, Math.floor(leftUs / interval) + 1), retryAfterMs: Math.max(0, -leftUs) / US_PER_MS };
  });
}

function allowed(windows: readonly LimitWindow[], aheads: readonly number[]): LimitVerdict {
  let window = 0;
  let remaining = Infinity;
  let resetUs = 0;
  for (const [i, candidate] of windows.entries()) {
    const interval = intervalUs(candidate);
    const ahead = aheads[i]!;
    const left = Math.floor((interval * candidate.burst - ahead) / interval);
    if (left >= remaining) continue;
    window = i;
    remaining = left;
    resetUs = ahead + interval;
  }
  return { allowed: true, remaining, resetMs: resetUs / US_PER_MS, retryAfterMs: 0, aheadMs: Math.max(...aheads) / US_PER_MS, window };
}

function refused(windows: readonly LimitWindow[], aheads: readonly number[]): LimitVerdict {
  let window = 0;
  let waitUs = -Infinity;
  for (const [i, candidate] of windows.entries()) {
    const wait = aheads[i]! - intervalUs(candidate) * candidate.burst;
    if (wait <= waitUs) continue;
    window = i;
    waitUs = wait;
  }
  return { allowed: false, remaining: 0, resetMs: aheads[window]! / US_PER_MS, retryAfterMs: waitUs / US_PER_MS, aheadMs: 0, window };
}

function scriptOf(text: string): Script {
  return { text, sha: hash('sha1', text) };
}
