import { AdminClientError, type AdminPlace, askAdmin, parseObject, unusableAnswer } from './admin-client.ts';
import { hasMembers } from './answer-check.ts';
import { openEvents } from './event-client.ts';
import type { HealthView } from './health-view.ts';
import { StatusBoard } from './status-board.ts';

export const STATUS_STREAM = '/status/stream';

/** What runs, and how it is. Throws AdminClientError where no usable answer comes. */
export async function getHealth({ address, token }: AdminPlace): Promise<HealthView> {
  const answer = await askAdmin(address, { method: 'GET', path: '/health', token });
  const health = parseObject(answer.body);
  if (answer.status !== 200 || !hasMembers<HealthView>(health, { status: 'string', version: 'string', generation: 'number', listeners: 'array', workers: 'array', targets: 'array' })) {
    throw unusableAnswer(address, 'does not tell how it is', answer);
  }
  return health;
}

/** What the status page shows at this moment; null: as many watch as may, or Sluice is about to end. Throws AdminClientError where no usable answer comes. */
export async function readBoard(place: AdminPlace): Promise<StatusBoard | null> {
  const board = new StatusBoard();
  const stop = new AbortController();
  try {
    for await (const event of await openEvents(place, { path: STATUS_STREAM, signal: stop.signal })) if (board.take(event)) return board;
  } catch (error) {
    if (error instanceof AdminClientError && error.status === 503) return null;
    throw error;
  } finally {
    stop.abort();
  }
  return null;
}
