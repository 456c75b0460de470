export interface MicroRow {
  readonly what: string;
  /** Of one call: the middle of all samples, and between which two figures half of them are. */
  readonly medianNs: number;
  readonly lowNs: number;
  readonly highNs: number;
  /** Taken on the JavaScript heap by one call; null: not known. */
  readonly bytes: number | null;
}

/** What a file has told, and why no more where it has failed. */
export interface MicroFile {
  readonly file: string;
  readonly rows: readonly MicroRow[];
  readonly failure?: string;
}

const HEAD = ['file', 'what', 'a call', 'half of the samples', 'on the heap'];
const UNITS = [['ns', 1], ['µs', 1e3], ['ms', 1e6]] as const;

/** Nanoseconds up to ten thousand, as that is what most steps take. */
function timesOf({ medianNs, lowNs, highNs }: MicroRow): [time: string, spread: string] {
  const [unit, unitNs] = UNITS.find(([, unitNs]) => medianNs < unitNs * 1e4) ?? UNITS[2];
  const text = (ns: number): string => (ns / unitNs).toFixed(medianNs / unitNs < 10 ? 1 : 0);
  return [`${text(medianNs)} ${unit}`, `${text(lowNs)} to ${text(highNs)} ${unit}`];
}

function bytesOf({ bytes }: MicroRow): string {
  if (bytes === null) return '';
  return bytes < 1e5 ? `${Math.round(bytes)} B` : `${Math.round(bytes / 1024)} KiB`;
}

/** The name of a file stands before its first row only. */
export function microTable(files: readonly MicroFile[]): string {
  const lines = files.flatMap(({ file, rows, failure }) => {
    const cells = rows.map((row) => [row.what, ...timesOf(row), bytesOf(row)]);
    if (failure !== undefined) cells.push([`failed: ${failure}`]);
    return cells.map((texts, at) => [at === 0 ? file : '', ...texts]);
  });
  lines.unshift(HEAD);
  const widths = HEAD.map((_, column) => Math.max(...lines.map((texts) => texts[column]?.length ?? 0)));
  // Texts stand at the left, figures at the right.
  return lines.map((texts) => texts.map((text, column) => (column < 2 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!))).join('  ').trimEnd()).join('\n');
}
