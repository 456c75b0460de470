// npm run bench:micro: runs every file of test/bench/micro, one after the other, and prints one table.
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

interface Row {
  readonly file: string;
  readonly what: string;
  readonly time: string;
}

const run = promisify(execFile);
const folder = path.join(import.meta.dirname, 'micro');
const files = readdirSync(folder).filter((name) => name.endsWith('.bench.ts')).toSorted();
const rows: Row[] = [];
let failed = 0;
for (const name of files) {
  const file = name.replace('.bench.ts', '');
  process.stderr.write(`${file} …\n`);
  try {
    const { stdout } = await run(process.execPath, [path.join(folder, name)], { timeout: 180_000 });
    rows.push(...stdout.split('\n').flatMap((line) => rowOf(file, line)));
  } catch (error) {
    failed += 1;
    rows.push({ file, what: `failed: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`, time: '' });
  }
}
const widths = [Math.max(...rows.map(({ file }) => file.length)), Math.max(...rows.map(({ what }) => what.length))] as const;
for (const { file, what, time } of rows) console.log(`${file.padEnd(widths[0])}  ${what.padEnd(widths[1])}  ${time.padStart(12)}`);
process.exitCode = failed === 0 ? 0 : 1;

/** A line that says a time: a name, then a number with its unit. Others are remarks. */
function rowOf(file: string, line: string): Row[] {
  const [, what, times, unit] = /^(.*?\S):?\s+([\d.]+(?:, [\d.]+)*) ([nµm]s)\b/.exec(line) ?? [];
  return what === undefined || times === undefined || unit === undefined ? [] : [{ file, what: what.trim(), time: `${times} ${unit}` }];
}
