/** What every part of a run's pack is made from. Read once a request; a pack is of a sealed run, so none of it changes any more. */
import { McError } from '../../core/errors.ts';
import type { Id } from '../../core/id.ts';
import { getExecutionRecord, listTasks } from '../../execution/execution-store.ts';
import type { ExecutionRecord } from '../../execution/execution-record.ts';
import { parseExecutionId } from '../../execution/read/get-execution.ts';
import { loadManifest } from '../../manifest/get-workflow.ts';
import type { Deps } from '../../port/deps.ts';
import type { Actor } from '../../tenant/actor.ts';
import { decisionsOfTask, logsOfTask, type Artifact } from '../artifact.ts';
import type { Opening } from '../redaction/commitment.ts';
import { rulesFor, type RedactionRules } from '../redaction/data-class.ts';
import { openWithheldSecret } from '../redaction/withheld-secret.ts';

export interface DisclosedRun {
  deps: Deps;
  actor: Actor;
  head: ExecutionRecord;
  receiptId: Id<'rcpt'>;
  rules: RedactionRules;
  secret: Uint8Array;
  hasEgress: boolean;
  /** What goes into the parts after the first: texts of decisions some at a time, each log by itself. */
  groups: Artifact[][];
  /** Told of every value that is withheld, with what opens it. */
  onOpening?: (path: string, opening: Opening) => void;
}

/** A text of decisions has at most 250 KB, so a group of them is at most a log. */
const textsAGroup = 16;

/** Reads the run; throws `mc:execution:not-found`, and `mc:execution:not-sealed` for one that has no receipt yet. */
export async function openDisclosedRun(deps: Deps, actor: Actor, id: string): Promise<DisclosedRun> {
  const head = await getExecutionRecord(deps, actor.tenant, parseExecutionId(id));
  if (head.receiptId === null) throw new McError('mc:execution:not-sealed', `${head.id} is ${head.state}`);
  const tasks = await listTasks(deps, head);
  const texts = tasks.flatMap((task) => decisionsOfTask(head, task));
  const groups: Artifact[][] = [];
  for (let at = 0; at < texts.length; at += textsAGroup) groups.push(texts.slice(at, at + textsAGroup));
  for (const log of tasks.flatMap(logsOfTask)) groups.push([log]);
  const { dataClass } = await loadManifest(deps, head.tenant, head.workflow);
  const attempts = tasks.flatMap((task) => [...task.attempts, ...task.compensationAttempts]);
  return {
    deps,
    actor,
    head,
    receiptId: head.receiptId,
    rules: rulesFor({ dataClass }),
    secret: await openWithheldSecret(deps, head),
    hasEgress: attempts.some(({ egress }) => egress !== undefined),
    groups,
  };
}
