/** The decision log of a run: the decision that let it start, and for each attempt one text with the decisions about it. */
import { z } from 'zod';
import { Digest } from '../core/digest.ts';
import { InvariantError, McError } from '../core/errors.ts';
import type { Id } from '../core/id.ts';
import { keepCommonText, readCommonTexts, type CommonText } from '../decision/common-text.ts';
import { joinDecisions, OwnParts } from '../decision/decision-parts.ts';
import { Decision } from '../decision/decision.ts';
import { readDecisions } from '../decision/decision-store.ts';
import { isoTime } from '../port/clock.ts';
import type { Deps } from '../port/deps.ts';
import { PolicyInput } from '../port/policy-engine.ts';
import type { Item, Key, WriteOp } from '../port/table.ts';
import { readDecisionText, textOf, type DecisionLog } from './decision-text.ts';
import { executionPk, taskKey, taskSk, TaskRecord, type AttemptRecord, type ExecutionRecord } from './execution-record.ts';

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

/** What the key of a row for the decisions about an attempt begins with. */
const rowPrefix = 'JUDGED#';

type RunName = Pick<ExecutionRecord, 'tenant' | 'id'>;

/** Which attempt of which work of a task. */
export interface AttemptName {
  task: TaskRecord;
  purpose: 'task' | 'compensation';
  attempt: number;
}

/** The key of a row for the decisions about one attempt. */
function rowKey({ tenant, id }: RunName, { task, purpose, attempt }: AttemptName): Key {
  return { pk: executionPk(tenant, id), sk: `${rowPrefix}${purpose}#${task.id}#${attempt}` };
}

/** Files the decisions of one attempt with its run, in the write that ends the attempt; what they have in common with others is durable when this resolves. */
export async function decisionLogOps(
  deps: Pick<Deps, 'table'>,
  head: ExecutionRecord,
  attempt: AttemptName,
  log: DecisionLog | null,
): Promise<WriteOp[]> {
  if (log === null) return [];
  const { kept, decisions, folded } = log;
  const key = rowKey(head, attempt);
  if (typeof kept === 'string') return [{ kind: 'put', item: { ...key, text: kept } }];
  await keepCommonText(deps, head.tenant, kept.common);
  if (folded) return [];
  const made = decisions.map(({ id, decidedAt, tookMs }) => [id, decidedAt, tookMs]);
  return [{ kind: 'put', item: { ...key, common: kept.common.digest, ...kept.own, made } }];
}

/** The key of the row that holds the decisions about this attempt. */
export function decisionLogKey(run: RunName, task: TaskRecord, purpose: AttemptName['purpose'], { attempt, judged }: AttemptRecord): Key {
  return judged ? taskKey(run.tenant, run.id, task.id) : rowKey(run, { task, purpose, attempt });
}

/** Between which sort keys the rows are that hold decisions about attempts; '~' sorts behind every id of a task. */
export const logRows = { from: rowPrefix, to: taskSk('~') } as const;

/** Decisions as a row of their own holds them: from that row, or from that of a task whose first attempt keeps its own; of any other row none. */
function rowsIn(run: RunName, item: Item): Item[] {
  if (item.sk.startsWith(rowPrefix)) return [item];
  if (!item.sk.startsWith(taskSk(''))) return [];
  const task = TaskRecord.parse(item);
  return task.attempts.flatMap(({ attempt, decisions, judged }) => {
    if (judged === undefined) return [];
    const { decidedAt, tookMs, ...parts } = judged;
    const made = decidedAt.map((ms, at) => [decisions[at]?.id, isoTime(ms), tookMs[at]]);
    return [{ ...rowKey(run, { task, purpose: 'task', attempt }), ...parts, made }];
  });
}

/** Homes before 0.3.0 wrote every text whole, as this one does with what is too large for a common text. */
const WholeLog = z.object({ sk: z.string(), text: z.string() });
const { id, decidedAt, tookMs } = Decision.shape;
const LogInParts = z.object({ sk: z.string(), common: Digest, ...OwnParts.shape, made: z.array(z.tuple([id, decidedAt, tookMs])) });

/** A stored log: its text, byte for byte, and the decisions in it. */
export interface StoredLog {
  /** Logs of a run are told in the order of these: by purpose, task and attempt. */
  sk: string;
  text: string;
  decisions: Decision[];
}

/** The logs that these rows of the run hold, in their order. */
export async function readStoredLogs(deps: Pick<Deps, 'table'>, run: RunName, items: readonly Item[]): Promise<StoredLog[]> {
  const found = items.flatMap((item) => rowsIn(run, item));
  const rows = found.map((item) => ('common' in item ? LogInParts.parse(item) : WholeLog.parse(item)));
  const texts = await readCommonTexts(
    deps,
    run.tenant,
    rows.flatMap((row) => ('common' in row ? row.common : [])),
  );
  return rows.map((row) => {
    const text = 'common' in row ? joinedText(row, texts.get(row.common), run.id) : row.text;
    return { sk: row.sk, text, decisions: readDecisionText(text) };
  });
}

function joinedText({ made, ...own }: z.infer<typeof LogInParts>, common: CommonText | undefined, executionId: Id<'exec'>): string {
  if (!common) throw new InvariantError(`the text ${own.common} was not read`);
  const each = made.map(([id, decidedAt, tookMs]) => ({ id, decidedAt, tookMs, executionId }));
  return textOf(joinDecisions({ common, own }, each));
}

/** The decisions about attempts that have rows of their own, by task and attempt: all that warn or deny are among them. */
export async function* decisionsInRows(deps: Pick<Deps, 'table'>, head: ExecutionRecord): AsyncGenerator<Decision> {
  let cursor: string | undefined;
  do {
    const query = { pk: executionPk(head.tenant, head.id), prefix: rowPrefix, limit: 100 };
    const page = await deps.table.query({ ...query, ...(cursor && { cursor }) });
    for (const { decisions } of await readStoredLogs(deps, head, page.items)) yield* decisions;
    cursor = page.cursor;
  } while (cursor);
}
