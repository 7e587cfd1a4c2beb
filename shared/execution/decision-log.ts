/** The decision log of a run: the decision that let it start, and those about each attempt. */
import { InvariantError } from '../core/errors.ts';
import { z } from 'zod';
import { Decision } from '../decision/decision.ts';
import { readDecision } from '../decision/decision-store.ts';
import type { Deps } from '../port/deps.ts';
import type { WriteOp } from '../port/table.ts';
import { executionPk, type ExecutionRecord, type TaskRecord } from './execution-record.ts';

/** The decision that let the run start. */
export async function startDecision({ table }: Pick<Deps, 'table'>, { tenant, id }: ExecutionRecord): Promise<Decision> {
  const item = await table.get({ pk: executionPk(tenant, id), sk: 'DECISION#start' });
  if (!item) throw new InvariantError(`${id} was admitted without a decision`);
  return readDecision(item);
}

/** Which attempt of which work of a task. */
export interface AttemptName {
  task: TaskRecord;
  purpose: 'task' | 'compensation';
  attempt: number;
}

/** Files the decisions of one attempt with its run; a repeated attempt of the same number has the last word. */
export function attemptDecisionsOp(
  head: ExecutionRecord,
  { task, purpose, attempt }: AttemptName,
  decisions: readonly Decision[],
): WriteOp[] {
  if (decisions.length === 0) return [];
  return [{ kind: 'put', item: { pk: executionPk(head.tenant, head.id), sk: `JUDGED#${purpose}#${task.id}#${attempt}`, decisions } }];
}

const AttemptDecisions = z.object({ decisions: z.array(Decision) });

/** Every decision about attempts of the run, by task and attempt. */
export async function* attemptDecisions({ table }: Pick<Deps, 'table'>, { tenant, id }: ExecutionRecord): AsyncGenerator<Decision> {
  let cursor: string | undefined;
  do {
    const page = await table.query({ pk: executionPk(tenant, id), prefix: 'JUDGED#', limit: 100, ...(cursor && { cursor }) });
    for (const item of page.items) yield* AttemptDecisions.parse(item).decisions;
    cursor = page.cursor;
  } while (cursor);
}
