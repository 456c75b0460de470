import path from 'node:path';
import { closest } from '../lib/closest.ts';
import type { ListenConfig, RouteConfig } from './config.ts';
import { type Context, listed } from './context.ts';
import { parseHostPattern } from './host-pattern.ts';
import { isInline, readAuthorities, readRevocationLists } from './pem.ts';
import { withDefaults } from './schema/defaults.ts';
import type { RawTls } from './schema/file.ts';
import { filledClientsSchema } from './schema/tls.ts';
import type { ClientCertificateConfig } from './tls-config.ts';
import { shown, type Node } from './tree.ts';

type RawClients = NonNullable<RawTls['clients']>;

/** What certificates are for. */
export interface TlsSurroundings {
  /** Null where it is not valid. */
  readonly listen: ListenConfig | null;
  readonly routes: readonly RouteConfig[];
}

/**
 * The list `tls.clients`, which must be valid. Whatever leaves it open who is let in is an error: an authority
 * that cannot be read (Caddy, CVE-2026-27586), a host under two rules, no HTTPS to ask on.
 */
export function resolveClients(raw: RawClients, { listen, routes }: TlsSurroundings, context: Context): ClientCertificateConfig[] {
  if (raw.length > 0 && listen?.https.length === 0) {
    context.report.error(context.key('tls', 'clients'), 'clients can show a certificate over HTTPS only, and `listen` has no `https`', 'Write `https: 443` there.');
  }
  const seen = new Map<string, Node>();
  return raw.map((entry, index): ClientCertificateConfig => {
    const { hosts, mode, ca, crl, headers } = withDefaults(filledClientsSchema, entry);
    const caNode = context.at('tls', 'clients', index, 'ca');
    return {
      hosts: listed(hosts).map(({ item, steps }) => hostOf(item, context.at('tls', 'clients', index, 'hosts', ...steps), seen, routes, context)),
      mode,
      caFile: isInline(ca) ? '' : path.resolve(caNode.source.folder, ca),
      ca: readAuthorities(caNode, ca, context) ?? '',
      crl: crl === undefined ? null : readRevocationLists(context.at('tls', 'clients', index, 'crl'), crl, context),
      headers,
    };
  });
}

function hostOf(text: string, node: Node, seen: Map<string, Node>, routes: readonly RouteConfig[], context: Context): string {
  const host = parseHostPattern(text);
  const other = seen.get(host);
  if (other !== undefined) {
    const { line } = other.source.positionOf(other.start);
    context.report.error(node, `${shown(node)} has client certificates twice`, `The first one is in line ${line}.`);
  }
  seen.set(host, node);
  warnOfStranger(host, node, routes, context);
  return host;
}

/** A host with a slip of the pen would be open where it should be closed. */
function warnOfStranger(host: string, node: Node, routes: readonly RouteConfig[], context: Context): void {
  const routed = new Set(routes.flatMap(({ matches }) => matches.map((match) => match.host)));
  if (routed.size === 0 || [...routed].some((pattern) => pattern === null || overlap(host, pattern))) return;
  const meant = closest(host, [...routed].filter((pattern) => pattern !== null));
  context.report.warning(node, `no route has the host ${shown(node)}, so nobody is asked for a certificate`, meant === null ? null : `Did you mean \`${meant}\`?`);
}

function overlap(a: string, b: string): boolean {
  return a === b || (a.startsWith('*.') && b.endsWith(a.slice(1))) || (b.startsWith('*.') && a.endsWith(b.slice(1)));
}
