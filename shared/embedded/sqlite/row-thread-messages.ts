/** What the table and the thread that stores its rows tell each other. */
import type { RowChange } from './row-store.ts';

export type ToThread = { kind: 'store'; changes: readonly RowChange[] } | { kind: 'checkpoint' } | { kind: 'close' };

/** Answers come in the order of the stores. An error crosses threads as its text and SQLite's code. */
export type FromThread = { kind: 'ready' } | { kind: 'stored' } | { kind: 'failed'; message: string; errcode: number | undefined };
