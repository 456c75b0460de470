import { globSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';

/** These measure memory and time, and have a process of their own. */
const ALONE = /\.(?:fuzz|stress)\.test\.ts$/;

/**
 * Runs the test files of a folder, those of its subfolders not, in this process one after the other. Most of what a small
 * test of its own process costs is the start: half a second of it and more is the schema of the configuration.
 */
export async function runTogether(folder: string): Promise<void> {
  for (const file of globSync('*.test.ts', { cwd: folder }).toSorted()) {
    if (ALONE.test(file)) continue;
    t.comment(file);
    await import(path.join(folder, file)).catch((error: unknown) => t.fail(`${file} throws`, { error }));
  }
}
