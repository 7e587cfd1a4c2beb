import type { Item } from '../../../shared/port/table.ts';

/** The items of one run. */
export interface StoredRun {
  pk: string;
  id: string;
  head: Item;
  tasks: Item[];
  receipt: Item | undefined;
  decision: Item | undefined;
  judged: Item[];
}

/** Reports a rule that does not hold. */
export type Expect = (holds: boolean, rule: string, message: string) => void;
