/**
 * tap runs with the plugins it was last built with, and comes built with the TypeScript loader that
 * .taprc leaves out: Node reads the tests by itself. After a fresh install the first run would
 * fail to start a test, so `npm test` runs this before. Costs nothing where tap is built already.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const built = readFileSync(fileURLToPath(import.meta.resolve('@tapjs/test/built')), 'utf8');
if (built.includes('@tapjs/typescript')) execFileSync('tap', ['build'], { stdio: ['ignore', 'ignore', 'inherit'] });
