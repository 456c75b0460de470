import { ADMIN_DEFAULT, parseListenAddress } from './address.ts';
import type { ListenAddress } from './config.ts';
import { ConfigError } from './diagnostic.ts';
import { FileReading } from './file-reading.ts';
import type { ReadFile } from './read-file.ts';
import { readRoot } from './read-root.ts';
import { Report } from './report.ts';
import type { Environment } from './substitute.ts';
import { childOf, plainOf } from './tree.ts';

interface AdminAddressOptions {
  /** Where `${NAME}` is looked up. */
  readonly env: Environment;
  /** The default is the file system. */
  readonly readFile?: ReadFile;
}

/**
 * Where the admin server of a gateway that runs with this file listens; null: nowhere. For those who ask it how it is: a
 * mistake elsewhere in the file, which the gateway has refused, must not keep them from that.
 *
 * @throws ConfigError where the file does not say it in a way that can be read
 */
export function loadAdminAddress(file: string, { env, readFile }: AdminAddressOptions): ListenAddress | null {
  const report = new Report();
  const root = readRoot(file, { env, reading: new FileReading(readFile), isInjected: readFile !== undefined }, report);
  if (root === null) throw new ConfigError(report.sorted());
  const listen = childOf(root, 'listen');
  const admin = listen === undefined ? undefined : childOf(listen, 'admin');
  if (admin === undefined) return parseListenAddress(ADMIN_DEFAULT, '127.0.0.1');
  const value = plainOf(admin);
  if (value === 'off') return null;
  try {
    return parseListenAddress(typeof value === 'number' ? value : String(value), '127.0.0.1');
  } catch (error) {
    if (error instanceof RangeError) report.error(admin, error.message);
    throw new ConfigError(report.sorted());
  }
}
