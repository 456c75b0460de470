import { plainText } from '../observe/safe-text.ts';
import type { Paint } from '../observe/terminal-style.ts';
import { cutToWidth, textWidth } from './text-width.ts';

export interface Column {
  readonly heading: string;
  /** Numbers stand below each other by their last digit. */
  readonly isNumber?: boolean;
  /** Is cut where the table is too wide. */
  readonly givesWay?: boolean;
}

/** A text, which may come from anywhere, and how it is painted. */
export type Cell = string | { readonly text: string; readonly paint: Paint };

interface ShownCell {
  readonly text: string;
  readonly paint: Paint;
}

const GAP = '  ';
const CELL_BYTES_MAX = 2000;
/** A column that gives way keeps so much. */
const WIDTH_MIN = 8;

/**
 * The lines of a table, headings first. Control characters in cells are made visible.
 * @param widthMax columns of the terminal, which no line exceeds: texts are cut, and then columns left out from the right.
 */
export function tableLines(columns: readonly Column[], rows: readonly (readonly Cell[])[], widthMax = Infinity): string[] {
  const cells = rows.map((row) => columns.map((_, column) => shownCell(row[column] ?? '')));
  const wanted = columns.map(({ heading }, column) => cells.reduce((width, row) => Math.max(width, textWidth(row[column]?.text ?? '')), heading.length));
  const widths = fit(columns, wanted, widthMax);
  const headings = columns.map(({ heading }): ShownCell => ({ text: heading, paint: same }));
  return [headings, ...cells].map((row) => widths.map((width, column) => padded(row[column], width, columns[column]?.isNumber === true)).join(GAP).trimEnd());
}

function padded(cell: ShownCell = { text: '', paint: same }, width: number, isNumber: boolean): string {
  const text = cutToWidth(cell.text, width);
  const space = ' '.repeat(width - textWidth(text));
  return isNumber ? space + cell.paint(text) : cell.paint(text) + space;
}

function shownCell(cell: Cell): ShownCell {
  return typeof cell === 'string' ? { text: plainText(cell, CELL_BYTES_MAX), paint: same } : { text: plainText(cell.text, CELL_BYTES_MAX), paint: cell.paint };
}

function same(text: string): string {
  return text;
}

function fit(columns: readonly Column[], wanted: readonly number[], widthMax: number): number[] {
  const widths = [...wanted];
  // The widest one gives way first, so that short columns stay whole.
  for (let over = totalOf(widths) - widthMax; over > 0; over = totalOf(widths) - widthMax) {
    const giving = widths.map((width, column) => (columns[column]?.givesWay === true ? width : 0));
    const widest = Math.max(...giving);
    if (widest <= WIDTH_MIN) break;
    const second = Math.max(WIDTH_MIN, ...giving.filter((width) => width < widest));
    const sharing = giving.filter((width) => width === widest).length;
    const each = Math.min(widest - second, Math.ceil(over / sharing));
    for (const [column, width] of giving.entries()) if (width === widest) widths[column] = width - each;
  }
  while (widths.length > 1 && totalOf(widths) > widthMax) widths.pop();
  return widths.map((width) => Math.min(width, widthMax));
}

function totalOf(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1));
}
