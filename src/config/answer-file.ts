import path from 'node:path';
import type { Context } from './context.ts';
import { readFault } from './read-file.ts';
import type { Node } from './tree.ts';

/** Answers are kept in memory, in every worker. */
const FILE_BYTES_MAX = 1024 * 1024;

const CONTENT_TYPES = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.htm', 'text/html; charset=utf-8'],
  ['.json', 'application/json'],
  ['.txt', 'text/plain; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.xml', 'application/xml'],
]);

/** A text that is sent as it is. */
export interface AnswerFile {
  readonly contentType: string;
  readonly text: string;
}

/**
 * Reads a file that is to be an answer. The ending of its name is its type.
 *
 * @param types endings that are possible here; none: all of the list.
 * @returns null, and an error at the name, where it cannot be used.
 */
export function readAnswerFile(node: Node, name: string, context: Context, types: readonly string[] = [...CONTENT_TYPES.keys()]): AnswerFile | null {
  const contentType = types.includes(path.extname(name).toLowerCase()) ? CONTENT_TYPES.get(path.extname(name).toLowerCase()) : undefined;
  if (contentType === undefined) {
    context.report.error(node, 'the name of this file does not say what it is', `It ends in ${types.join(', ')}.`);
    return null;
  }
  try {
    const bytes = context.readFile(path.resolve(node.source.folder, name));
    if (bytes.byteLength > FILE_BYTES_MAX) {
      context.report.error(node, 'the file named here is too large: 1 MB is the limit', 'It is kept in memory. Large files belong behind an upstream.');
      return null;
    }
    return { contentType, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    const notText = error instanceof TypeError;
    context.report.error(node, notText ? 'the file named here is not UTF-8 text' : `the file named here cannot be read: ${readFault(error)}`, notText ? null : `Relative paths start at ${node.source.folder}.`);
    return null;
  }
}
