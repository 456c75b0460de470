import { execFileSync } from 'node:child_process';
import { cpSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeCa, makePair } from '../helpers/certificates.ts';
import { writeScripts } from './cases/throughput.ts';
import type { Common } from './proxies.ts';

const REPOSITORY = path.join(import.meta.dirname, '../..');

/** Builds Sluice as its package is built, beside this checkout's own build, makes the certificate that all proxies show, and writes what the loads read. */
export async function prepare(root: string): Promise<Common> {
  const built = path.join(root, 'sluice');
  for (const name of ['package.json', 'tsconfig.json', 'src']) cpSync(path.join(REPOSITORY, name), path.join(built, name), { recursive: true });
  symlinkSync(path.join(REPOSITORY, 'node_modules'), path.join(built, 'node_modules'));
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: built, stdio: 'inherit' });
  const pair = await makePair(await makeCa(), ['localhost']);
  const [cert, key, both] = ['cert.pem', 'key.pem', 'both.pem'].map((name) => path.join(root, name)) as [string, string, string];
  writeFileSync(cert, pair.cert);
  writeFileSync(key, pair.key);
  writeFileSync(both, pair.cert + pair.key);
  writeScripts(root);
  return { root, cert, key, both, sluice: path.join(built, 'dist/main.js') };
}
