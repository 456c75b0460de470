import type { RouteConfig } from '../config/config.ts';
import { actionText, matchText } from '../config/route-text.ts';
import { addressText } from '../lib/address-text.ts';
import type { ControlPlane } from '../workers/control-plane.ts';

/** More routes than this are counted, not listed. */
const ROUTES_SHOWN_MAX = 20;
const LABEL_WIDTH = 10;

/** What has been started, in a few lines. */
export function describeStart(plane: ControlPlane): string[] {
  const { ports, admin, config, tls } = plane;
  const lines = [`Sluice is up: ${config.file}`];
  for (const { kind, address } of ports) lines.push(row(kind, addressText(address)));
  if (admin !== null) lines.push(row('admin', addressText(admin.address)));
  if (tls?.localCa?.file !== undefined && tls.localCa.file !== null) lines.push(row('local CA', tls.localCa.file));
  const shown = config.routes.slice(0, ROUTES_SHOWN_MAX);
  for (const [i, route] of shown.entries()) lines.push(row(i === 0 ? 'routes' : '', describeRoute(route)));
  if (config.routes.length > shown.length) lines.push(row('', `… and ${config.routes.length - shown.length} more`));
  return lines;
}

function row(label: string, text: string): string {
  return `  ${label.padEnd(LABEL_WIDTH)}${text}`;
}

function describeRoute(route: RouteConfig): string {
  const [first, ...others] = route.matches;
  const from = first === undefined ? '' : matchText(first);
  const more = others.length === 0 ? '' : ` (+${others.length})`;
  return `${from}${more} ${actionText(route)}`;
}
