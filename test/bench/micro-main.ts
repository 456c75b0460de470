// npm run bench:micro: runs every file of test/bench/micro, one after the other, and prints one table. A part of a name as argument: those only.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { microTable, type MicroFile, type MicroRow } from './micro-table.ts';

const FILE_MS_MAX = 60_000;

const folder = path.join(import.meta.dirname, 'micro');
const names = readdirSync(folder).filter((name) => name.endsWith('.bench.ts') && name.includes(process.argv[2] ?? '')).toSorted();

/** In a process of its own, so that no file finds what V8 has learnt of another. */
async function fileOf(name: string): Promise<MicroFile> {
  const file = path.basename(name, '.bench.ts');
  const rows: MicroRow[] = [];
  const child = fork(path.join(folder, name), { timeout: FILE_MS_MAX });
  child.on('message', (row) => rows.push(row as MicroRow));
  const [code, signal] = await once(child, 'close') as [code: number | null, signal: string | null];
  return code === 0 ? { file, rows } : { file, rows, failure: code === null ? `ended by ${signal}` : `ended with ${code}` };
}

const files: MicroFile[] = [];
for (const [at, name] of names.entries()) {
  process.stderr.write(`${String(at + 1).padStart(2)}/${names.length}  ${name}\n`);
  files.push(await fileOf(name));
}
console.log(microTable(files));
// A name that nothing has is a mistake too.
if (files.length === 0 || files.some(({ failure }) => failure !== undefined)) process.exitCode = 1;
