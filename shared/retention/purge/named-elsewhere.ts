import type { Digest } from '../../core/digest.ts';
import type { Id } from '../../core/id.ts';
import type { TenantId } from '../../core/tenant-id.ts';
import { artifactsOfRun, artifactsOfTask, logsOfTask } from '../../evidence/artifact.ts';
import { ExecutionRecord } from '../../execution/execution-record.ts';
import { listTasks } from '../../execution/execution-store.ts';
import type { Deps } from '../../port/deps.ts';

/** Functions of two versions may start runs side by side while a home is deployed; a day is long for that. */
const deployMs = 24 * 3_600_000;

/**
 * Which of these digests a run of the tenant names, other than this one, by looking at every run of versions before 0.3.0. Since then logs name their run, and runs say
 * which values they need; such runs are told by their sealed inputs, so the walk ends soon after the first of them.
 */
export async function namedElsewhere(
  deps: Pick<Deps, 'table'>,
  tenant: TenantId,
  id: Id<'exec'> | undefined,
  digests: ReadonlySet<Digest>,
): Promise<Set<Digest>> {
  const found = new Set<Digest>();
  let endsAt = Infinity;
  let cursor: string | undefined;
  while (found.size < digests.size) {
    const page = await deps.table.query({ index: 'gsi1', pk: `T#${tenant}#X`, limit: 200, ...(cursor && { cursor }) });
    for (const item of page.items) {
      const head = ExecutionRecord.parse(item);
      if (head.inputs.sealed !== undefined) endsAt = Math.min(endsAt, head.createdAt + deployMs);
      if (head.createdAt > endsAt) return found;
      if (head.id !== id) for (const digest of await namedBy(deps, head)) if (digests.has(digest)) found.add(digest);
    }
    cursor = page.cursor;
    if (cursor === undefined) break;
  }
  return found;
}

/** What the run still has; what was purged of it, it does not need. */
async function namedBy(deps: Pick<Deps, 'table'>, head: ExecutionRecord): Promise<Digest[]> {
  const tasks = await listTasks(deps, head);
  const logs = head.logsPurge ? [] : tasks.flatMap(logsOfTask);
  const data = head.dataPurge ? [] : [...artifactsOfRun(head, undefined), ...tasks.flatMap((task) => artifactsOfTask(head, task))];
  return [...logs, ...data.filter(({ name }) => !name.startsWith('logs/'))].map(({ digest }) => digest);
}
