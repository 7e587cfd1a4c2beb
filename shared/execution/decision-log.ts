/** The decision log of a run: the decision that let it start, and for each attempt one text with the decisions about it. */
import { z } from 'zod';
import { digestBytes, type Digest } from '../core/digest.ts';
import { InvariantError, McError } from '../core/errors.ts';
import { Decision } from '../decision/decision.ts';
import { readDecision } from '../decision/decision-store.ts';
import type { Deps } from '../port/deps.ts';
import { PolicyInput } from '../port/policy-engine.ts';
import type { Item, Key, WriteOp } from '../port/table.ts';
import { executionPk, type ExecutionRecord, type TaskRecord } from './execution-record.ts';

/** The decision that let the run start; throws `mc:decision:not-found` for one of 0.1.0, which was asked less than decisions say today. */
export async function startDecision({ table }: Pick<Deps, 'table'>, head: ExecutionRecord): Promise<Decision> {
  const item = await startItem(table, head);
  if ('tookMs' in item) return readDecision(item);
  throw new McError('mc:decision:not-found', `${head.id} was started by version 0.1.0; what was decided then stands in its receipt.`);
}

async function startItem(table: Deps['table'], { tenant, id }: ExecutionRecord): Promise<Item> {
  const item = await table.get({ pk: executionPk(tenant, id), sk: 'DECISION#start' });
  if (!item) throw new InvariantError(`${id} was admitted without a decision`);
  return item;
}

/** What the receipt says of a decision; decisions of 0.1.0 have this much too, though they were asked less. */
export const DecisionFacts = z.object({
  ...Decision.pick({ id: true, point: true, verdict: true, packs: true, decidedAt: true }).shape,
  input: z.object({ home: PolicyInput.shape.home.pick({ region: true }).strip(), task: z.object({ id: z.string() }).nullish() }),
});
export type DecisionFacts = z.infer<typeof DecisionFacts>;

/** What the receipt says of the decision that let the run start, whichever version made it. */
export async function startFacts({ table }: Pick<Deps, 'table'>, head: ExecutionRecord): Promise<DecisionFacts> {
  return DecisionFacts.parse(await startItem(table, head));
}

/** The decisions about one attempt as they are kept: the receipt holds the digest of exactly this text. */
export interface DecisionLog {
  text: string;
  digest: Digest;
}

/** What was asked of an attempt differs from point to point in these parts only, so the rest is kept once. */
const LoggedDecision = Decision.omit({ input: true }).extend(PolicyInput.pick({ placement: true, write: true }).shape);
const LoggedDecisions = z.strictObject({ input: PolicyInput, decisions: z.array(LoggedDecision) });

/** Writes the decisions about one attempt, without repeating what they share; null for none. */
export function writeDecisionLog(decisions: readonly Decision[]): DecisionLog | null {
  const [first] = decisions;
  if (!first) return null;
  const logged = decisions.map(({ input: { placement, write }, ...decision }) => ({ ...decision, placement, write }));
  const text = JSON.stringify({ input: { ...first.input, placement: null, write: null }, decisions: logged });
  return { text, digest: digestBytes(text) };
}

/** Reads what writeDecisionLog wrote: the decisions whole, as they were made. */
function readDecisionLog(text: string): Decision[] {
  const { input, decisions } = LoggedDecisions.parse(JSON.parse(text));
  return decisions.map(({ placement, write, ...decision }) => {
    const request = { ...input.request, point: decision.point };
    return { ...decision, input: { ...input, request, placement, write } };
  });
}

/** Which attempt of which work of a task. */
export interface AttemptName {
  task: TaskRecord;
  purpose: 'task' | 'compensation';
  attempt: number;
}

/** Where the decisions of one attempt are kept. */
export function decisionLogKey({ tenant, id }: ExecutionRecord, { task, purpose, attempt }: AttemptName): Key {
  return { pk: executionPk(tenant, id), sk: `JUDGED#${purpose}#${task.id}#${attempt}` };
}

/** Files the decisions of one attempt with its run, in the write that ends the attempt. */
export function decisionLogOp(head: ExecutionRecord, attempt: AttemptName, log: DecisionLog | null): WriteOp[] {
  return log === null ? [] : [{ kind: 'put', item: { ...decisionLogKey(head, attempt), text: log.text } }];
}

const StoredLog = z.object({ text: z.string() });

/** The text and the decisions of a stored log. */
export function readStoredLog(item: Item): { text: string; decisions: Decision[] } {
  const { text } = StoredLog.parse(item);
  return { text, decisions: readDecisionLog(text) };
}

/** Every decision about attempts of the run, by task and attempt. */
export async function* attemptDecisions({ table }: Pick<Deps, 'table'>, { tenant, id }: ExecutionRecord): AsyncGenerator<Decision> {
  let cursor: string | undefined;
  do {
    const page = await table.query({ pk: executionPk(tenant, id), prefix: 'JUDGED#', limit: 100, ...(cursor && { cursor }) });
    for (const item of page.items) yield* readStoredLog(item).decisions;
    cursor = page.cursor;
  } while (cursor);
}
