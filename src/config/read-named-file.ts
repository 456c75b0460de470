import path from 'node:path';
import type { Context } from './context.ts';
import { readFault } from './read-file.ts';
import type { Node } from './tree.ts';

/**
 * Reads a file that the configuration names, relative to its folder.
 * @param isLive whoever uses it watches it too.
 * @returns null, and an error at the name, where it cannot be read.
 */
export function readNamedFile(node: Node, name: string, context: Context, isLive: boolean = false): string | null {
  try {
    return new TextDecoder().decode(context.readFile(path.resolve(node.source.folder, name), isLive));
  } catch (error) {
    context.report.error(node, `the file named here cannot be read: ${readFault(error)}`, `Relative paths start at ${node.source.folder}.`);
    return null;
  }
}
