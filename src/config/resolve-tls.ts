import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import path from 'node:path';
import type { Context } from './context.ts';
import { readNamedFile } from './read-named-file.ts';
import { isRedisUrl, parseRedisUrl } from './redis-url.ts';
import { resolveClients, type TlsSurroundings } from './resolve-clients.ts';
import type { Machine } from './resolve-general.ts';
import { withDefaults } from './schema/defaults.ts';
import type { RawConfig } from './schema/file.ts';
import { STORE_DIR_DEFAULT, tlsSchema } from './schema/tls.ts';
import type { CertificateFiles, TlsConfig } from './tls-config.ts';

/** What a wildcard is tried with: a certificate of one name below it does not cover all of them. */
const ANY_LABEL = 'any-name-below';

interface ResolvedTls {
  readonly config: TlsConfig;
  /** Whether a configured certificate is for this host, as routes write hosts. */
  readonly covers: (host: string) => boolean;
}

/** The section `tls`. What is not valid is as if it were not there, since it has been reported. */
export function resolveTls(raw: RawConfig, surroundings: TlsSurroundings, machine: Machine, context: Context): ResolvedTls {
  const { certificates, store, clients } = withDefaults(tlsSchema, context.isSound('tls') ? raw.tls : undefined);
  const leaves: X509Certificate[] = [];
  const files = certificates.map(({ cert, key }, index): CertificateFiles => {
    const certNode = context.at('tls', 'certificates', index, 'cert');
    const keyNode = context.at('tls', 'certificates', index, 'key');
    const leaf = leafOf(readNamedFile(certNode, cert, context, true));
    if (leaf !== null) leaves.push(leaf);
    readNamedFile(keyNode, key, context, true);
    return { certFile: path.resolve(certNode.source.folder, cert), keyFile: path.resolve(keyNode.source.folder, key) };
  });
  const isShared = isRedisUrl(store);
  return {
    config: {
      certificates: files,
      storeDir: path.resolve(machine.workingDir, isShared ? STORE_DIR_DEFAULT : store),
      redisUrl: isShared ? parseRedisUrl(store) : null,
      clients: resolveClients(clients, surroundings, context),
    },
    covers: (host) => leaves.some((leaf) => isFor(leaf, host)),
  };
}

/** What is wrong with a certificate is said where it is loaded, with what is wrong with its key. */
function leafOf(pem: string | null): X509Certificate | null {
  try {
    return pem === null ? null : new X509Certificate(pem);
  } catch {
    return null;
  }
}

function isFor(leaf: X509Certificate, host: string): boolean {
  const address = host.startsWith('[') ? host.slice(1, -1) : host;
  if (isIP(address) !== 0) return leaf.checkIP(address) !== undefined;
  return leaf.checkHost(host.replace(/^\*/, ANY_LABEL), { subject: 'never' }) !== undefined;
}
