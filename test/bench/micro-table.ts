export interface MicroRow {
  readonly file: string;
  readonly what: string;
  /** With its unit; '' of one that failed. */
  readonly time: string;
}

/** The lines that say a time: a name, then a number or several, then their unit. Others are remarks. */
export function microRows(file: string, output: string): MicroRow[] {
  return output.split('\n').flatMap((line) => {
    const [, what, times, unit] = /^\s*(.*?\S):?\s+([\d.]+(?:, [\d.]+)*) ([nµm]s)\b/.exec(line) ?? [];
    return what === undefined || times === undefined || unit === undefined ? [] : [{ file, what, time: `${times} ${unit}` }];
  });
}

/** The name of a file stands before its first row only. */
export function microTable(rows: readonly MicroRow[]): string {
  const [files, whats, times] = [rows.map(({ file }) => file), rows.map(({ what }) => what), rows.map(({ time }) => time)].map((texts) => Math.max(0, ...texts.map(({ length }) => length))) as [number, number, number];
  return rows.map(({ file, what, time }, at) => `${(rows[at - 1]?.file === file ? '' : file).padEnd(files)}  ${what.padEnd(whats)}  ${time.padStart(times)}`.trimEnd()).join('\n');
}
