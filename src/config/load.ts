import { availableParallelism } from 'node:os';
import type { Config } from './config.ts';
import { Context } from './context.ts';
import { ConfigError, type Diagnostic } from './diagnostic.ts';
import { FileReading, type FoundFiles } from './file-reading.ts';
import { mergeFiles } from './merge.ts';
import { Report } from './report.ts';
import { resolve } from './resolve.ts';
import { type ReadFile, readSources } from './read-file.ts';
import type { Source } from './source.ts';
import { type Environment, Substitution } from './substitute.ts';
import type { Node } from './tree.ts';
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
