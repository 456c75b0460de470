import { parseBytes } from '../lib/bytes.ts';
import { parseDuration } from '../lib/duration.ts';
import { formatListenAddress, listensTwice, parseListenAddress } from './address.ts';
import type { ClientTimeouts, ListenAddress, ListenConfig, ListenLimits } from './config.ts';
import { type Context, listed } from './context.ts';
import { withDefaults } from './schema/defaults.ts';
import type { RawListen } from './schema/file.ts';
import { clientTimeoutsSchema, filledListenSchema, limitsSchema } from './schema/listen.ts';
import { shown, type Node } from './tree.ts';

/** The section `listen`, which must be valid. Reports addresses that cannot be bound together, and a lack of any. */
export function resolveListen(raw: RawListen, context: Context): ListenConfig {
  const http = addressesOf(raw.http);
  const https = addressesOf(raw.https);
  const { admin: adminRaw } = withDefaults(filledListenSchema, raw);
  const admin = adminRaw === 'off' ? null : parseListenAddress(adminRaw, '127.0.0.1');
  if (http.length + https.length === 0) {
    context.report.error(context.key('listen'), 'nothing is listened on', 'Write `http: 80`, `https: 443` or both.');
  }
  reportDoubles({ http: raw.http, https: raw.https, admin }, context);
  return { http, https, admin, reusePort: raw.reusePort ?? false, limits: limitsOf(raw), timeouts: timeoutsOf(raw) };
}

function addressesOf(raw: RawListen['http']): ListenAddress[] {
  return raw === undefined ? [] : listed(raw).map(({ item }) => parseListenAddress(item, '::'));
}

function reportDoubles(raw: { http: RawListen['http']; https: RawListen['http']; admin: ListenAddress | null }, context: Context): void {
  const seen: { address: ListenAddress; place: Node }[] = [];
  const add = (address: ListenAddress, place: Node): void => {
    const other = seen.find((earlier) => listensTwice(earlier.address, address));
    seen.push({ address, place });
    if (other === undefined) return;
    const { line } = other.place.source.positionOf(other.place.start);
    const covers = other.address.host === address.host ? '' : `: ${formatListenAddress(other.address)} and ${formatListenAddress(address)} overlap`;
    const isSecret = [place, other.place].some((node) => node.kind === 'scalar' && node.substituted !== null);
    context.report.error(place, `this address is listened on twice${isSecret ? '' : covers}`, `The first one is ${shown(other.place)} in line ${line}.`);
  };
  for (const section of ['http', 'https'] as const) {
    const values = raw[section];
    if (values === undefined) continue;
    for (const { item, steps } of listed(values)) add(parseListenAddress(item, '::'), context.at('listen', section, ...steps));
  }
  if (raw.admin !== null) add(raw.admin, context.at('listen', 'admin'));
}

function limitsOf({ limits }: RawListen): ListenLimits {
  const raw = withDefaults(limitsSchema, limits);
  return {
    headerBytesMax: parseBytes(raw.headerSize),
    headerCountMax: raw.headers,
    connectionsMax: raw.connections,
    connectionsPerAddressMax: raw.connectionsPerAddress,
    streamsPerConnectionMax: raw.streamsPerConnection,
  };
}

function timeoutsOf({ timeouts }: RawListen): ClientTimeouts {
  const raw = withDefaults(clientTimeoutsSchema, timeouts);
  return {
    tlsHandshakeMs: parseDuration(raw.tlsHandshake),
    headerMs: parseDuration(raw.header),
    requestMs: parseDuration(raw.request),
    bodyMs: parseDuration(raw.body),
    idleMs: parseDuration(raw.idle),
    sendMs: parseDuration(raw.send),
  };
}
