/** Tasks as they are stored, read without the engine's own readers: from a row, or, of a task that has none, from what its run and the task that it needs say. */
import type { Item, Key } from '../../../shared/port/table.ts';
import { commonTextOf } from './common-text-of.ts';
import { numberOf, withEmptyMembers } from './read-item.ts';

export type GetItem = (key: Key) => Item | undefined;

/** How long after its limit the claim of an attempt ends; see begin-attempt.ts. */
const leaseGraceMs = 60_000;

/** Written by the engine, read here to be judged. */
type Outlined = Readonly<Record<string, string | number>> & { id: string; needs?: string[] };

/** The tasks that a run has in common with others of its plan, none for a run whose tasks all have rows. */
function outlineOf(get: GetItem, pk: string): readonly Outlined[] {
  const digest = get({ pk, sk: 'EXEC' })?.['outline'];
  if (typeof digest !== 'string') return [];
  const text = commonTextOf({ get }, pk, digest);
  return text === undefined ? [] : (JSON.parse(text) as Outlined[]);
}

/** The names of the tasks that may be without a row. */
export function outlinedNames(get: GetItem, pk: string): string[] {
  return outlineOf(get, pk).map(({ id }) => id);
}

const rowOf = (get: GetItem, pk: string, name: string): Item | undefined => get({ pk, sk: `TASK#${name}` });

/** A task of a run; undefined when it has none of this name. */
export function taskItem(get: GetItem, pk: string, name: string): Item | undefined {
  const row = rowOf(get, pk, name);
  return row ? withEmptyMembers(row) : rowlessTask(get, pk, name);
}

/** The task as it is without a row of its own; `need` is what is taken for the row of the task that it needs alone. */
export function rowlessTask(get: GetItem, pk: string, name: string, need?: Item): Item | undefined {
  const outlined = outlineOf(get, pk).find(({ id }) => id === name);
  if (outlined === undefined) return undefined;
  const head = get({ pk, sk: 'EXEC' });
  const task = withEmptyMembers({ ...outlined, pk, sk: `TASK#${name}` });
  const [only, ...others] = outlined.needs ?? [];
  if (only === undefined) return head?.['begunAtStart'] === true ? begun(task, numberOf(head, 'createdAt')) : task;
  const row = need ?? rowOf(get, pk, only);
  if (others.length > 0 || row?.['state'] !== 'succeeded') return task;
  const released = { ...task, waitingOn: 0, state: 'ready' };
  return ((row['begun'] ?? []) as string[]).includes(name) ? begun(released, numberOf(row, 'completedAt')) : released;
}

function begun(task: Item, at: number): Item {
  const leaseUntil = at + numberOf(task, 'timeoutMs') + leaseGraceMs;
  return withEmptyMembers({ ...task, state: 'running', attempt: 1, attempts: [{ attempt: 1 }], leaseUntil });
}
