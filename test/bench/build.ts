import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeCa, makePair } from '../helpers/certificates.ts';
import { writeScripts } from './cases/throughput.ts';
import type { Common } from './proxies.ts';

const REPOSITORY = path.join(import.meta.dirname, '../..');

/** Builds Sluice beside this checkout's own build, makes the certificate that all proxies show, and writes what the loads read. */
export async function prepare(root: string): Promise<Common> {
  const built = path.join(root, 'sluice');
  execFileSync('tsc', ['-p', path.join(REPOSITORY, 'tsconfig.build.json'), '--outDir', path.join(built, 'dist')], { stdio: 'inherit' });
  mkdirSync(built, { recursive: true });
  for (const page of ['demo/page', 'admin/page']) cpSync(path.join(REPOSITORY, 'src', page), path.join(built, 'dist', page), { recursive: true });
  cpSync(path.join(REPOSITORY, 'package.json'), path.join(built, 'package.json'));
  symlinkSync(path.join(REPOSITORY, 'node_modules'), path.join(built, 'node_modules'));
  const pair = await makePair(await makeCa(), ['localhost']);
  const [cert, key, both] = ['cert.pem', 'key.pem', 'both.pem'].map((name) => path.join(root, name)) as [string, string, string];
  writeFileSync(cert, pair.cert);
  writeFileSync(key, pair.key);
  writeFileSync(both, pair.cert + pair.key);
  writeScripts(root);
  return { root, cert, key, both, sluice: path.join(built, 'dist/main.js') };
}
