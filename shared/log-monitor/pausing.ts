/** What a look needs besides the log: it may take many seconds, and the process may have callers who wait. */
export interface Pausing {
  /** Called after some milliseconds of work; the look goes on when it resolves, and ends with what it rejects with. */
  pause: () => Promise<unknown>;
}
