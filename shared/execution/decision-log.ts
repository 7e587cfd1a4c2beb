/** The decision log of a run: the decision that let it start, and for each attempt one text with the decisions about it. */
import { z } from 'zod';
import { Digest, digestBytes } from '../core/digest.ts';
import { InvariantError, McError } from '../core/errors.ts';
import type { Id } from '../core/id.ts';
import { keepCommonText, readCommonTexts, type CommonText } from '../decision/common-text.ts';
import { joinDecisions, OwnParts, type DecisionParts } from '../decision/decision-parts.ts';
import { Decision } from '../decision/decision.ts';
import { readDecisions } from '../decision/decision-store.ts';
import { partsOf } from '../decision/same-answers.ts';
import type { Deps } from '../port/deps.ts';
import { PolicyInput } from '../port/policy-engine.ts';
import type { Item, Key, WriteOp } from '../port/table.ts';
import { executionPk, type ExecutionRecord, type TaskRecord } from './execution-record.ts';

/** The decision that let the run start; throws `mc:decision:not-found` for one of 0.1.0, which was asked less than decisions say today. */
export async function startDecision(deps: Pick<Deps, 'table'>, head: ExecutionRecord): Promise<Decision> {
  const item = await startItem(deps.table, head);
  const [decision] = 'tookMs' in item ? await readDecisions(deps, head.tenant, [item]) : [];
  if (decision) return decision;
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
export async function startFacts(deps: Pick<Deps, 'table'>, head: ExecutionRecord): Promise<DecisionFacts> {
  const item = await startItem(deps.table, head);
  const [decision] = 'common' in item ? await readDecisions(deps, head.tenant, [item]) : [];
  return decision ?? DecisionFacts.parse(item);
}

/** The decisions about one attempt as they are kept: the receipt holds the digest of exactly this text. */
export interface DecisionLog {
  text: string;
  digest: Digest;
  decisions: readonly Decision[];
}

/** What was asked of an attempt differs from point to point in these parts only, so the rest is told once. */
const LoggedDecision = Decision.omit({ input: true }).extend(PolicyInput.pick({ placement: true, write: true }).shape);
const LoggedDecisions = z.strictObject({ input: PolicyInput, decisions: z.array(LoggedDecision) });

/** The decisions about one attempt as their text, without repeating what they share; null for none. */
export function writeDecisionLog(decisions: readonly Decision[]): DecisionLog | null {
  if (decisions.length === 0) return null;
  const text = textOf(decisions);
  return { text, digest: digestBytes(text), decisions };
}

/** The text of decisions between what is new in each: before the first, around its numbers, after the last. */
interface TextPieces {
  input: string;
  decisions: readonly { answer: string; asked: string }[];
}

/** By parts, which are the same object where all that is here is the same. */
const pieces = new WeakMap<DecisionParts, TextPieces>();

function textOf(decisions: readonly Decision[]): string {
  const parts = partsOf(decisions, 'task');
  const known = (parts && pieces.get(parts)) ?? piecesOf(decisions);
  if (parts) pieces.set(parts, known);
  // One text that grows: V8 copies its pieces once, when the digest is taken.
  let text = `{"input":${known.input},"decisions":[`;
  for (const [at, { id, decidedAt, tookMs, executionId }] of decisions.entries()) {
    const { answer = '', asked = '' } = known.decisions[at] ?? {};
    text += `${at === 0 ? '' : ','}{"id":"${id}",${answer},"decidedAt":"${decidedAt}","tookMs":${tookMs},`;
    text += `"executionId":${JSON.stringify(executionId)},${asked}}`;
  }
  return `${text}]}`;
}

function piecesOf(decisions: readonly Decision[]): TextPieces {
  const membersOf = (value: object): string => JSON.stringify(value).slice(1, -1);
  return {
    input: JSON.stringify({ ...decisions[0]?.input, placement: null, write: null }),
    decisions: decisions.map(({ point, verdict, packs, input: { placement, write } }) => ({
      answer: membersOf({ point, verdict, packs }),
      asked: membersOf({ placement, write }),
    })),
  };
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

/** Files the decisions of one attempt with its run, in the write that ends the attempt; what they have in common with others is durable when this resolves. */
export async function decisionLogOps(
  deps: Pick<Deps, 'table'>,
  head: ExecutionRecord,
  attempt: AttemptName,
  log: DecisionLog | null,
): Promise<WriteOp[]> {
  if (log === null) return [];
  const key = decisionLogKey(head, attempt);
  const parts = partsOf(log.decisions, 'task');
  if (parts === undefined) return [{ kind: 'put', item: { ...key, text: log.text } }];
  await keepCommonText(deps, head.tenant, parts.common);
  const made = log.decisions.map(({ id, decidedAt, tookMs }) => [id, decidedAt, tookMs]);
  return [{ kind: 'put', item: { ...key, common: parts.common.digest, ...parts.own, made } }];
}

/** Homes before 0.3.0 wrote every text whole, as this one does with what is too large for a common text. */
const WholeLog = z.object({ text: z.string() });
const { id, decidedAt, tookMs } = Decision.shape;
const LogInParts = z.object({ common: Digest, ...OwnParts.shape, made: z.array(z.tuple([id, decidedAt, tookMs])) });

/** A stored log: its text, byte for byte, and the decisions in it. */
export interface StoredLog {
  text: string;
  decisions: Decision[];
}

/** The stored logs of attempts of this run, in their order. */
export async function readStoredLogs(
  deps: Pick<Deps, 'table'>,
  { tenant, id }: Pick<ExecutionRecord, 'tenant' | 'id'>,
  items: readonly Item[],
): Promise<StoredLog[]> {
  const rows = items.map((item) => ('common' in item ? LogInParts.parse(item) : WholeLog.parse(item)));
  const texts = await readCommonTexts(
    deps,
    tenant,
    rows.flatMap((row) => ('common' in row ? row.common : [])),
  );
  return rows.map((row) => {
    const text = 'common' in row ? joinedText(row, texts.get(row.common), id) : row.text;
    return { text, decisions: readDecisionLog(text) };
  });
}

function joinedText({ made, ...own }: z.infer<typeof LogInParts>, common: CommonText | undefined, executionId: Id<'exec'>): string {
  if (!common) throw new InvariantError(`the text ${own.common} was not read`);
  const each = made.map(([id, decidedAt, tookMs]) => ({ id, decidedAt, tookMs, executionId }));
  return textOf(joinDecisions({ common, own }, each));
}

/** Every decision about attempts of the run, by task and attempt. */
export async function* attemptDecisions(deps: Pick<Deps, 'table'>, head: ExecutionRecord): AsyncGenerator<Decision> {
  let cursor: string | undefined;
  do {
    const query = { pk: executionPk(head.tenant, head.id), prefix: 'JUDGED#', limit: 100 };
    const page = await deps.table.query({ ...query, ...(cursor && { cursor }) });
    for (const { decisions } of await readStoredLogs(deps, head, page.items)) yield* decisions;
    cursor = page.cursor;
  } while (cursor);
}
