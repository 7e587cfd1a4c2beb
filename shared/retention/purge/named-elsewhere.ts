import type { Digest } from '../../core/digest.ts';
import type { Id } from '../../core/id.ts';
import type { TenantId } from '../../core/tenant-id.ts';
import { artifactsOfRun, artifactsOfTask, logsOfTask } from '../../evidence/artifact.ts';
import { ExecutionRecord } from '../../execution/execution-record.ts';
import { listTasks } from '../../execution/execution-store.ts';
import type { Deps } from '../../port/deps.ts';

/**
 * Which of these digests another run of the tenant names, by looking at every one of them. Only for what versions before this stored: since then logs name their
 * run, and runs say which values they need.
 */
export async function namedElsewhere(
  deps: Pick<Deps, 'table'>,
  tenant: TenantId,
  id: Id<'exec'>,
  digests: ReadonlySet<Digest>,
): Promise<Set<Digest>> {
  const found = new Set<Digest>();
  let cursor: string | undefined;
  while (found.size < digests.size) {
    const page = await deps.table.query({ index: 'gsi1', pk: `T#${tenant}#X`, limit: 200, ...(cursor && { cursor }) });
    for (const item of page.items) {
      const head = ExecutionRecord.parse(item);
      if (head.id !== id) for (const digest of await namedBy(deps, head)) if (digests.has(digest)) found.add(digest);
    }
    cursor = page.cursor;
    if (cursor === undefined) break;
  }
  return found;
}

/** What the run still has; what was purged of it, it does not need. */
async function namedBy(deps: Pick<Deps, 'table'>, head: ExecutionRecord): Promise<Digest[]> {
  const tasks = await listTasks(deps, head.tenant, head.id);
  const logs = head.logsPurge ? [] : tasks.flatMap(logsOfTask);
  const data = head.dataPurge ? [] : [...artifactsOfRun(head, undefined), ...tasks.flatMap((task) => artifactsOfTask(head, task))];
  return [...logs, ...data.filter(({ name }) => !name.startsWith('logs/'))].map(({ digest }) => digest);
}
