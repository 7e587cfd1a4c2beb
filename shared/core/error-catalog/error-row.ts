/** What a caller and a person must know of an error. */
export interface ErrorRow {
  status: number;
  /** 0 done, 1 failed, 2 usage, 3 denied, 4 does not verify, 5 not found, 6 conflict. */
  exit: 1 | 2 | 3 | 4 | 5 | 6;
  retry: 'never' | 'backoff';
  title: string;
  fix: string;
}

// eslint-disable-next-line max-params -- one row of a table, in the order of its columns
export const row = (status: number, exit: ErrorRow['exit'], retry: ErrorRow['retry'], title: string, fix: string): ErrorRow => ({
  status,
  exit,
  retry,
  title,
  fix,
});
