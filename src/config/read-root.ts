import type { FileReading } from './file-reading.ts';
import { mergeFiles } from './merge.ts';
import { readSources } from './read-file.ts';
import type { Report } from './report.ts';
import { type Environment, Substitution } from './substitute.ts';
import type { Node } from './tree.ts';
import { parseYaml } from './yaml.ts';

interface RootOptions {
  readonly env: Environment;
  readonly reading: FileReading;
  /** An injected reader stands for single files; only the real file system has directories. */
  readonly isInjected: boolean;
}

/** A configuration as nodes with their places, variables put in; null where it cannot be read, which is reported. */
export function readRoot(file: string, { env, reading, isInjected }: RootOptions, report: Report): Node | null {
  const list = (folder: string): string[] | null => (isInjected ? null : reading.list(folder));
  const sources = readSources(file, { read: reading.read, list }, report);
  const substitution = new Substitution(env, reading.read, report);
  const roots = sources.map((source) => parseYaml(source, substitution, report)).filter((root) => root !== null);
  return report.isUnreadable ? null : mergeFiles(roots, report);
}
