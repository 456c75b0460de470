import { availableParallelism } from 'node:os';
import type { Config } from './config.ts';
import { Context } from './context.ts';
import { ConfigError, type Diagnostic } from './diagnostic.ts';
import { FileReading, type FoundFiles } from './file-reading.ts';
import { Report } from './report.ts';
import { resolve } from './resolve.ts';
import type { ReadFile } from './read-file.ts';
import { readRoot } from './read-root.ts';
import type { Environment } from './substitute.ts';
import type { Node } from './tree.ts';
import { validate } from './validate.ts';

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
  const root = readRoot(file, { env, reading, isInjected: readFile !== undefined }, report);
  const config = root === null ? null : configOf(file, root, reading.read, report);
  const diagnostics = report.sorted();
  if (config === null || root === null) throw new ConfigError(diagnostics);
  return { config, warnings: diagnostics, root, found: reading.foundOnce };
}

function configOf(file: string, root: Node, readFile: ReadFile, report: Report): Config | null {
  const validated = validate(root, report);
  const context = new Context(root, validated, readFile, report);
  return resolve(file, validated.raw, { coreCount: availableParallelism(), workingDir: process.cwd() }, context);
}
