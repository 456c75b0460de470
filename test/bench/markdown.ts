/** A table in Markdown that also reads well as plain text: the first column to the left, figures to the right. '' without rows. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const widths = head.map((text, column) => Math.max(text.length, ...rows.map((row) => row[column]?.length ?? 0), 3));
  const line = (cells: readonly string[]): string => `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`;
  return [line(head), `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`, ...rows.map(line)].join('\n');
}

/** Three digits that count, with commas: 9.27, 12.3, 441, 1,130. '' for null. */
export function figure(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '';
  return value.toLocaleString('en', value < 100 ? { minimumFractionDigits: value < 10 ? 2 : 1, maximumFractionDigits: value < 10 ? 2 : 1 } : { maximumFractionDigits: 0 });
}

/** Whether what was to be at most `max` is. */
export function verdict(value: number | null | undefined, max: number | null, text: string = max === null ? '' : String(max)): string {
  return max === null || value === null || value === undefined ? '' : `≤ ${text}, ${value <= max ? 'met' : 'missed'}`;
}
