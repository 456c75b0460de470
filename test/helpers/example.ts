import { readFileSync } from 'node:fs';

/**
 * A file of config/examples as a test starts it: without the lines that name its ports and its CA, and with other words, the
 * targets above all, in the place of some of its own.
 */
export function exampleText(name: string, words: Readonly<Record<string, string>>): string {
  const text = readFileSync(new URL(`../../config/examples/${name}.yaml`, import.meta.url), 'utf8');
  let changed = text.replaceAll(/^(?:listen|acme):.*\n/gm, '');
  for (const [before, after] of Object.entries(words)) {
    if (!changed.includes(before)) throw new Error(`${name}.yaml says nothing of ${before}`);
    changed = changed.replaceAll(before, after);
  }
  return changed;
}
