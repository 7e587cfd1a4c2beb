import type { Field, Item } from '../../../shared/port/table.ts';

/** A field as text, however it is stored. */
export function textOf(item: Item | undefined, field: string): string {
  const value = item?.[field];
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
}

/** A field that is a number, or 0 where there is none. */
export function numberOf(item: Item | undefined, field: string): number {
  return Number(item?.[field] ?? 0);
}

const emptyAttempt = { endedAt: null, sandbox: null, logDigest: null, failure: null, message: null, wallMs: null } as const;

/** A task's row with what is not written of it where it is empty. */
export function withEmptyMembers(task: Item): Item {
  const attemptsOf = (field: string): Field =>
    ((task[field] ?? []) as Record<string, Field>[]).map((attempt) => ({ ...emptyAttempt, ...attempt })); // Written by the engine: a list of attempts.
  return {
    compensation: 'none',
    dependents: [],
    ...task,
    attempts: attemptsOf('attempts'),
    compensationAttempts: attemptsOf('compensationAttempts'),
  };
}
