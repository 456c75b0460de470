import type { OperatorMode } from '../balance/upstream-members.ts';
import type { Level } from '../observe/log-entry.ts';
import { type AdminPlace, askAdmin, parseObject, unusableAnswer } from './admin-client.ts';
import { isListOf } from './answer-check.ts';
import type { LimitState } from './limit-desk.ts';
import type { TargetStatus } from './services.ts';

/** Takes a target out of service or back. @returns its addresses as they are now. Throws AdminClientError where it is unknown, or nobody answers. */
export async function postTarget({ address, token }: AdminPlace, mode: OperatorMode, upstream: string, target: string): Promise<readonly TargetStatus[]> {
  const answer = await askAdmin(address, { method: 'POST', path: `/targets/${mode}`, token, content: { upstream, target } });
  const { targets } = parseObject(answer.body) as { targets?: unknown };
  if (answer.status !== 200 || !isListOf<TargetStatus>(targets, { upstream: 'string', key: 'string', state: 'string', inFlight: 'number' })) {
    throw unusableAnswer(address, 'changed nothing', answer);
  }
  return targets;
}

/** The level in force. Throws AdminClientError where no usable answer comes. */
export async function getLogLevel(place: AdminPlace): Promise<string> {
  return logLevel(place, 'GET');
}

/** Sets it until the next reload. Throws AdminClientError where no usable answer comes. */
export async function postLogLevel(place: AdminPlace, level: Level): Promise<string> {
  return logLevel(place, 'POST', { level });
}

async function logLevel({ address, token }: AdminPlace, method: 'GET' | 'POST', content?: object): Promise<string> {
  const answer = await askAdmin(address, { method, path: '/log/level', token, ...(content !== undefined && { content }) });
  const { level } = parseObject(answer.body) as { level?: unknown };
  if (answer.status !== 200 || typeof level !== 'string') throw unusableAnswer(address, 'does not tell its log level', answer);
  return level;
}

/** What rate limits have counted under a key. Throws AdminClientError where no usable answer comes. */
export async function getLimits({ address, token }: AdminPlace, key: string): Promise<readonly LimitState[]> {
  const answer = await askAdmin(address, { method: 'GET', path: `/limits?${new URLSearchParams({ key }).toString()}`, token });
  const { limits } = parseObject(answer.body) as { limits?: unknown };
  if (answer.status !== 200 || !isListOf<LimitState>(limits, { scope: 'string', limit: 'string', remaining: 'number', retryAfterMs: 'number' })) {
    throw unusableAnswer(address, 'does not tell its limits', answer);
  }
  return limits;
}

/** Lets a key begin anew. @returns how many counts were forgotten. Throws AdminClientError where no usable answer comes. */
export async function postLimitsClear({ address, token }: AdminPlace, key: string): Promise<number> {
  const answer = await askAdmin(address, { method: 'POST', path: '/limits/clear', token, content: { key } });
  const { cleared } = parseObject(answer.body) as { cleared?: unknown };
  if (answer.status !== 200 || typeof cleared !== 'number') throw unusableAnswer(address, 'cleared nothing', answer);
  return cleared;
}
