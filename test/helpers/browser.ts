import { chromium, type BrowserContext } from 'playwright-core';
import type { Test } from 'tap';
import { tempDir } from './temp-dir.ts';

/** It asks nobody outside for anything, and as root in a container it has no sandbox. */
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** Chromium with a profile of its own, closed at teardown. One is enough for a file. @param program from `requireService`. */
export async function startBrowser(t: Pick<Test, 'teardown'>, program: string): Promise<BrowserContext> {
  const context = await chromium.launchPersistentContext(tempDir(t), { executablePath: program, headless: true, args: ARGUMENTS });
  t.teardown(async () => context.close());
  return context;
}
