import { stripVTControlCharacters } from 'node:util';
import { printableLine } from '../../shared/core/text/printable.ts';

export interface Column {
  title: string;
  align?: 'left' | 'right';
}

const width = (cell: string): number => [...stripVTControlCharacters(cell)].length;

/** Lines up cells in columns; cells may carry colour. Columns that are empty in every row are left out. */
export function table(columns: readonly Column[], given: readonly (readonly string[])[]): string {
  const rows = given.map((row) => row.map(printableLine));
  const shown = columns.map((column, index) => ({ column, index })).filter(({ index }) => rows.some((row) => row[index]));
  const widths = shown.map(({ column, index }) => Math.max(width(column.title), ...rows.map((row) => width(row[index] ?? ''))));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => {
        const gap = ' '.repeat((widths[at] ?? 0) - width(cell));
        return shown[at]?.column.align === 'right' ? gap + cell : cell + gap;
      })
      .join('  ')
      .trimEnd();
  return [line(shown.map(({ column }) => column.title)), ...rows.map((row) => line(shown.map(({ index }) => row[index] ?? '')))].join('\n');
}
