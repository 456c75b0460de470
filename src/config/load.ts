import { availableParallelism } from 'node:os';
import type { Config } from './config.ts';
import { Context } from './context.ts';
import { ConfigError, type Diagnostic } from './diagnostic.ts';
import { mergeFiles } from './merge.ts';
import { Report } from './report.ts';
import { resolve } from './resolve.ts';
import { type ReadFile, readBounded, readSources } from './read-file.ts';
import { type Environment, Substitution } from './substitute.ts';
import type { Node } from './tree.ts';
import { validate } from './validate.ts';
import { parseYaml } from './yaml.ts';

interface LoadOptions {
  /** Where `${NAME}` is looked up. */
  readonly env: Environment;
  /** Reads the file and every file it names; the default is the file system, which also allows a directory. */
  readonly readFile?: ReadFile;
}

export interface LoadedConfig {
  readonly config: Config;
  readonly warnings: readonly Diagnostic[];
  /** What it was made of, with the place of each value. */
  readonly root: Node;
}

/**
 * Reads a configuration file, or a directory of `*.yaml` files: text, nodes with their places, variables put in,
 * schema, cross checks, and the configuration with all defaults.
 *
 * @throws ConfigError with everything that is wrong
 */
export function loadConfig(file: string, { env, readFile }: LoadOptions): LoadedConfig {
  const report = new Report();
  const root = readTree(file, new Substitution(env, readFile, report), readFile, report);
  const config = root === null ? null : configOf(file, root, readFile ?? readBounded, report);
  const diagnostics = report.sorted();
  if (config === null || root === null) throw new ConfigError(diagnostics);
  return { config, warnings: diagnostics, root };
}

function readTree(file: string, substitution: Substitution, readFile: ReadFile | undefined, report: Report): Node | null {
  const roots: Node[] = [];
  for (const source of readSources(file, readFile, report)) {
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
