// npm run bench:micro: runs every file of test/bench/micro, one after the other, and prints one table. A part of a name as argument: those only.
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { microRows, microTable, type MicroRow } from './micro-table.ts';

const run = promisify(execFile);
const folder = path.join(import.meta.dirname, 'micro');
const files = readdirSync(folder).filter((name) => name.endsWith('.bench.ts') && name.includes(process.argv[2] ?? '')).toSorted();
const rows: MicroRow[] = [];
for (const [at, name] of files.entries()) {
  const file = name.replace('.bench.ts', '');
  process.stderr.write(`${String(at + 1).padStart(2)}/${files.length}  ${file}\n`);
  try {
    const { stdout } = await run(process.execPath, [path.join(folder, name)], { timeout: 60_000 });
    rows.push(...microRows(file, stdout));
  } catch (error) {
    process.exitCode = 1;
    rows.push({ file, what: `failed: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`, time: '' });
  }
}
console.log(microTable(rows));
