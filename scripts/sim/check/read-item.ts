import type { Item } from '../../../shared/port/table.ts';

/** A field as text, however it is stored. */
export function textOf(item: Item | undefined, field: string): string {
  const value = item?.[field];
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
}

/** A field that is a number, or 0 where there is none. */
export function numberOf(item: Item | undefined, field: string): number {
  return Number(item?.[field] ?? 0);
}
