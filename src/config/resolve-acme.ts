import path from 'node:path';
import { parseDuration } from '../lib/duration.ts';
import { mappingNeeded, obstacleOf } from './certificate-prospects.ts';
import type { ListenConfig } from './config.ts';
import { type Context, listed } from './context.ts';
import { parseHostPattern } from './host-pattern.ts';
import { isPublicHost } from './public-host.ts';
import { resolveCa } from './resolve-ca.ts';
import { acmeSchema, filledDnsSchema, filledOnDemandSchema } from './schema/acme.ts';
import { withDefaults } from './schema/defaults.ts';
import type { RawAcme, RawRoute } from './schema/file.ts';
import type { AcmeConfig, DnsHookConfig, OnDemandConfig } from './tls-config.ts';
import { shown, type Node } from './tree.ts';

interface Surroundings {
  /** Null where it is not valid. */
  readonly listen: ListenConfig | null;
  readonly routes: readonly RawRoute[];
  /** Whether a certificate of the user's own is for a host. */
  readonly covers: (host: string) => boolean;
}

/** The section `acme`, which must be valid. Reports what can never work as an error, and what probably will not as a warning. */
export function resolveAcme(raw: RawAcme, surroundings: Surroundings, context: Context): AcmeConfig {
  const { email, ca, challenges, dns, key, whilePending, onDemand, hosts } = withDefaults(acmeSchema, raw);
  const acme: AcmeConfig = {
    email: email ?? null,
    cas: listed(ca).map(({ item, steps }) => resolveCa(item, ['acme', 'ca', ...steps], context)),
    challenges: [...new Set(challenges)],
    dns: dns === undefined ? null : resolveDns(dns, context),
    keyType: key,
    whilePending,
    onDemand: onDemand === undefined ? null : resolveOnDemand(onDemand, context),
    hosts: hosts === undefined ? null : [...new Set(listed(hosts).map(({ item }) => parseHostPattern(item)))],
  };
  checkDns(acme, context);
  if (hosts !== undefined) checkHosts(hosts, acme, context);
  if (surroundings.listen !== null) warnOfObstacles(acme, surroundings.listen, surroundings, context);
  return acme;
}

function resolveDns(raw: NonNullable<RawAcme['dns']>, context: Context): DnsHookConfig {
  const { command, url, headers, wait, timeout } = withDefaults(filledDnsSchema, raw);
  if ((command === undefined) === (url === undefined)) {
    context.report.error(context.key('acme', 'dns'), command === undefined ? '`command` or `url` is missing' : '`command` and `url` exclude each other');
  }
  if (headers !== undefined && url === undefined) context.report.error(context.key('acme', 'dns', 'headers'), '`headers` are sent to `url`, and there is none');
  return {
    command: command === undefined ? null : programOf(command, context),
    url: url ?? null,
    headers: Object.entries(headers ?? {}),
    waitMs: parseDuration(wait),
    timeoutMs: parseDuration(timeout),
  };
}

/** A name alone is looked for in PATH, as a shell does. */
function programOf([program = '', ...words]: readonly string[], context: Context): string[] {
  const { folder } = context.at('acme', 'dns', 'command', 0).source;
  return [program.includes('/') ? path.resolve(folder, program) : program, ...words];
}

function resolveOnDemand(raw: NonNullable<RawAcme['onDemand']>, context: Context): OnDemandConfig {
  const { allow, ask, perHour } = withDefaults(filledOnDemandSchema, raw);
  if (allow === undefined && ask === undefined) {
    const hint = 'Write `allow` with the hosts, or `ask` with a URL that decides: without one of them, strangers could order certificates without end.';
    context.report.error(context.key('acme', 'onDemand'), '`allow` or `ask` is missing', hint);
  }
  return { allow: allow === undefined ? [] : listed(allow).map(({ item }) => parseHostPattern(item)), ask: ask ?? null, perHour };
}

function checkDns({ challenges, dns }: AcmeConfig, context: Context): void {
  const usesDns = challenges.includes('dns-01');
  if (usesDns && dns === null) {
    context.report.error(context.key('acme', 'challenges'), '`dns-01` needs `dns`, which says how records are put in place', 'Write `dns: { command: [PROGRAM] }` or `dns: { url: URL }`.');
  }
  if (!usesDns && dns !== null) {
    context.report.error(context.key('acme', 'dns'), '`dns` changes nothing here: `challenges` has no `dns-01`', 'Write `challenges: [dns-01]`.');
  }
}

/** A host that was asked for by name must not be passed over in silence. */
function checkHosts(hosts: NonNullable<RawAcme['hosts']>, acme: AcmeConfig, context: Context): void {
  const seen = new Set<string>();
  for (const { item, steps } of listed(hosts)) {
    const node = context.at('acme', 'hosts', ...steps);
    const host = parseHostPattern(item);
    if (seen.has(host)) context.report.error(node, `${shown(node)} is listed twice`);
    seen.add(host);
    if (host.startsWith('*.') && !acme.challenges.includes('dns-01')) {
      context.report.error(node, 'a wildcard needs the challenge `dns-01`', 'Write `challenges: [dns-01]` and `dns`, or the names one by one.');
    }
  }
}

function warnOfObstacles(acme: AcmeConfig, listen: ListenConfig, { routes, covers }: Surroundings, context: Context): void {
  const warn = (node: Parameters<typeof context.report.warning>[0], message: string, hint: string | null): void => context.report.warning(node, message, hint);
  if (listen.https.length === 0) return warn(context.key('acme'), '`acme` is not used: `listen` has no `https`', null);
  const places = acme.hosts === null ? placesOf(routes, context) : listedPlaces(acme.hosts, context);
  const wanted = [...places].filter(([host]) => acme.hosts !== null || (isPublicHost(host) && !covers(host)));
  if (wanted.length === 0 && acme.onDemand === null) {
    return warn(context.key('acme'), '`acme` has nothing to do: no route has a public host name that lacks a certificate', 'Write `host: app.example.com` at a route, or `hosts` here.');
  }
  for (const [host, node] of wanted) {
    const obstacle = obstacleOf(host, acme, listen);
    if (obstacle !== null) warn(node, `${shown(node)} gets no certificate by ACME: ${obstacle}`, null);
  }
  const mapping = mappingNeeded(acme.challenges, listen);
  if (mapping !== null) warn(context.key('acme'), `for ACME, ${mapping}`, 'Where a container or a router maps the port, all is well.');
}

/** Where each host of the routes stands first. */
function placesOf(routes: readonly RawRoute[], context: Context): Map<string, Node> {
  const places = new Map<string, Node>();
  for (const [index, { host: hosts = [] }] of routes.entries()) {
    if (!context.isSound('routes', index)) continue;
    for (const { item, steps } of listed(hosts)) {
      const host = parseHostPattern(item);
      if (!places.has(host)) places.set(host, context.at('routes', index, 'host', ...steps));
    }
  }
  return places;
}

function listedPlaces(hosts: readonly string[], context: Context): Map<string, Node> {
  const list = context.at('acme', 'hosts');
  const nodes = list.kind === 'list' ? list.items : [list];
  return new Map(hosts.map((host, index) => [host, nodes[index] ?? list]));
}
