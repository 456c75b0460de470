import path from 'node:path';
import { parseDuration } from '../lib/duration.ts';
import { parseCidr } from './address.ts';
import type { CertificateFiles, Config, TlsConfig } from './config.ts';
import type { Context } from './context.ts';
import { withDefaults } from './schema/defaults.ts';
import type { RawConfig } from './schema/file.ts';
import { generalSchema, logSchema, tlsSchema } from './schema/general.ts';
import { readFault } from './read-file.ts';
import type { Node } from './tree.ts';

/** Facts of the machine that a file can refer to. */
export interface Machine {
  /** Cores this process may use: what `workers: auto` starts. */
  readonly coreCount: number;
  /** The folder in which the gateway was started. */
  readonly workingDir: string;
}

type GeneralConfig = Pick<Config, 'workers' | 'trustedProxies' | 'log' | 'accessLog' | 'tls' | 'drainTimeoutMs'>;

/** The options that belong to no section. What is not valid has its default, since it has been reported. */
export function resolveGeneral(raw: RawConfig, machine: Machine, context: Context): GeneralConfig {
  const sound = Object.fromEntries(Object.entries(raw).filter(([key]) => context.isSound(key)));
  const { workers, accessLog, drainTimeout, ...general } = withDefaults(generalSchema, sound);
  const trustedProxies = general.trustedProxies.map((text) => parseCidr(text));
  for (const [index, block] of trustedProxies.entries()) {
    if (!block.endsWith('/0')) continue;
    context.report.warning(context.at('trustedProxies', index), 'this trusts every client to name its own address', 'Name only the proxies in front of this one.');
  }
  return {
    workers: workers === 'auto' ? Math.min(machine.coreCount, 64) : workers,
    trustedProxies,
    log: withDefaults(logSchema, general.log),
    accessLog: { format: typeof accessLog === 'string' ? accessLog : (accessLog.format ?? 'auto') },
    tls: resolveTls(general.tls, machine, context),
    drainTimeoutMs: parseDuration(drainTimeout),
  };
}

function resolveTls(raw: RawConfig['tls'], machine: Machine, context: Context): TlsConfig {
  const { certificates: pairs, store } = withDefaults(tlsSchema, raw);
  const certificates = pairs.map(({ cert, key }, index): CertificateFiles => {
    const certNode = context.at('tls', 'certificates', index, 'cert');
    const keyNode = context.at('tls', 'certificates', index, 'key');
    readNamedFile(certNode, cert, context);
    readNamedFile(keyNode, key, context);
    return { certFile: path.resolve(certNode.source.folder, cert), keyFile: path.resolve(keyNode.source.folder, key) };
  });
  return { certificates, storeDir: path.resolve(machine.workingDir, store) };
}

/** Reads a file that the configuration names, relative to its folder. Null, and an error at the name, where it cannot be read. */
export function readNamedFile(node: Node, name: string, context: Context): string | null {
  try {
    return new TextDecoder().decode(context.readFile(path.resolve(node.source.folder, name)));
  } catch (error) {
    context.report.error(node, `the file named here cannot be read: ${readFault(error)}`, `Relative paths start at ${node.source.folder}.`);
    return null;
  }
}
