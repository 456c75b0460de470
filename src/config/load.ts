import { availableParallelism } from 'node:os';
import { parseListenAddress } from './address.ts';
import type { Config, ListenAddress } from './config.ts';
import { Context } from './context.ts';
import { ConfigError, type Diagnostic } from './diagnostic.ts';
import { FileReading, type FoundFiles } from './file-reading.ts';
import { mergeFiles } from './merge.ts';
import { Report } from './report.ts';
import { resolve } from './resolve.ts';
import { type ReadFile, readSources } from './read-file.ts';
import type { Source } from './source.ts';
import { type Environment, Substitution } from './substitute.ts';
import { childOf, type Node, plainOf } from './tree.ts';
import { ADMIN_DEFAULT } from './schema/listen.ts';
import { validate } from './validate.ts';
import { parseYaml } from './yaml.ts';

interface LoadOptions {
  /** Where `${NAME}` is looked up. */
  readonly env: Environment;
  /** Reads the file and every file it names; the default is the file system, which also allows a directory. */
  readonly readFile?: ReadFile;
  /** Reads in its place, for whoever wants to know what was read of a configuration that is refused. */
  readonly reading?: FileReading;
}

export interface LoadedConfig {
  readonly config: Config;
  readonly warnings: readonly Diagnostic[];
  /** What it was made of, with the place of each value. */
  readonly root: Node;
  /** The files that it was read from, without those that are watched by whoever uses them. */
  readonly found: FoundFiles;
}

/**
 * Reads a configuration file, or a directory of `*.yaml` files: text, nodes with their places, variables put in,
 * schema, cross checks, and the configuration with all defaults.
 *
 * @throws ConfigError with everything that is wrong
 */
export function loadConfig(file: string, { env, readFile, reading = new FileReading(readFile) }: LoadOptions): LoadedConfig {
  const report = new Report();
  // An injected reader stands for single files; only the real file system has directories.
  const list = (folder: string): string[] | null => (readFile === undefined ? reading.list(folder) : null);
  const root = readTree(readSources(file, { read: reading.read, list }, report), new Substitution(env, reading.read, report), report);
  const config = root === null ? null : configOf(file, root, reading.read, report);
  const diagnostics = report.sorted();
  if (config === null || root === null) throw new ConfigError(diagnostics);
  return { config, warnings: diagnostics, root, found: reading.foundOnce };
}

/**
 * Where the admin server of a gateway that runs with this file listens; null: nowhere. For those who ask it how it is: a
 * mistake elsewhere in the file, which the gateway has refused, must not keep them from that.
 *
 * @throws ConfigError where the file does not say it in a way that can be read
 */
export function loadAdminAddress(file: string, { env, readFile, reading = new FileReading(readFile) }: LoadOptions): ListenAddress | null {
  const report = new Report();
  const list = (folder: string): string[] | null => (readFile === undefined ? reading.list(folder) : null);
  const root = readTree(readSources(file, { read: reading.read, list }, report), new Substitution(env, reading.read, report), report);
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

function readTree(sources: readonly Source[], substitution: Substitution, report: Report): Node | null {
  const roots: Node[] = [];
  for (const source of sources) {
    const root = parseYaml(source, substitution, report);
    if (root !== null) roots.push(root);
  }
  return report.isUnreadable ? null : mergeFiles(roots, report);
}

function configOf(file: string, root: Node, readFile: ReadFile, report: Report): Config | null {
  const validated = validate(root, report);
  const context = new Context(root, validated, readFile, report);
  return resolve(file, validated.raw, { coreCount: availableParallelism(), workingDir: process.cwd() }, context);
}
