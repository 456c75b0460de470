import { isRedisUrl, parseRedisUrl } from './redis-url.ts';

/** @throws RangeError where the text is neither `memory` nor the URL of a Redis; a URL is never repeated, since it may hold a password */
export function checkLimitStore(text: string): void {
  if (text === 'memory') return;
  if (!isRedisUrl(text)) throw new RangeError('requests are counted in `memory`, or in a Redis server: write `redis://host:6379/0`');
  parseRedisUrl(text);
}
