import { StatusBoard } from '../../src/admin/status-board.ts';
import type { RouteHistory } from '../../src/admin/status-source.ts';
import { statusView, type ViewFacts } from '../../src/admin/status-view.ts';
import { sampleCertificate, sampleStatus } from '../admin/sample-services.ts';
import { sampleSnapshot } from '../admin/sample-traffic.ts';

export const BOARD_NOW_MS = Date.UTC(2026, 0, 1, 0, 0, 5);

/** What the status stream of a gateway that a test makes up says first. */
export function sampleBoard(routes: readonly RouteHistory[] = [], own: Partial<ViewFacts> = {}): StatusBoard {
  const traffic = sampleSnapshot(BOARD_NOW_MS, routes);
  const view = statusView({ status: sampleStatus, certificates: [sampleCertificate], generations: [], refusal: null, errors: [], traffic, ...own });
  const board = new StatusBoard();
  board.take({ name: 'snapshot', data: JSON.stringify({ traffic, ...view }) });
  return board;
}
