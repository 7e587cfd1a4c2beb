/** Finds the artifacts of a run that a tenant has. */
import { z } from 'zod';
import { Digest } from '../core/digest.ts';
import type { Id } from '../core/id.ts';
import type { TenantId } from '../core/tenant-id.ts';
import { executionPk, TaskRecord, type ExecutionRecord } from '../execution/execution-record.ts';
import { findExecution, findTask } from '../execution/execution-store.ts';
import type { Deps } from '../port/deps.ts';
import { artifactsOfRun, artifactsOfTask, type Artifact } from './artifact.ts';

const ReceiptItem = z.object({ bundleDigest: Digest });

type FindDeps = Pick<Deps, 'table'>;

/** The digest of the run's receipt bundle; undefined before the run is sealed. */
async function findReceiptDigest({ table }: FindDeps, { tenant, id }: ExecutionRecord): Promise<Digest | undefined> {
  const item = await table.get({ pk: executionPk(tenant, id), sk: 'RECEIPT' });
  return item && ReceiptItem.parse(item).bundleDigest;
}

/** One page of a run's artifacts: those of `limit` tasks, and on the first page those of the run before them. */
export async function pageOfArtifacts(
  deps: FindDeps,
  head: ExecutionRecord,
  page: { limit: number; cursor?: string },
): Promise<{ artifacts: Artifact[]; cursor?: string }> {
  const { items, cursor } = await deps.table.query({ pk: executionPk(head.tenant, head.id), prefix: 'TASK#', ...page });
  const ofRun = page.cursor === undefined ? artifactsOfRun(head, await findReceiptDigest(deps, head)) : [];
  const ofTasks = items.flatMap((item) => artifactsOfTask(head, TaskRecord.parse(item)));
  return { artifacts: [...ofRun, ...ofTasks], ...(cursor && { cursor }) };
}

/** The task part of the name of an artifact that belongs to a task. */
const ofTask = /^(?:tasks|logs|decisions)\/([a-zA-Z][a-zA-Z0-9_-]{0,63})\//;

/** The artifact of this name; undefined when the tenant has no such run, or the run no such artifact. */
export async function findArtifact(deps: FindDeps, tenant: TenantId, id: Id<'exec'>, name: string): Promise<Artifact | undefined> {
  const taskId = ofTask.exec(name)?.[1];
  if (taskId !== undefined) {
    const found = await findTask(deps, tenant, id, taskId);
    return found && artifactsOfTask(found.head, found.task).find((artifact) => artifact.name === name);
  }
  const head = await findExecution(deps, tenant, id);
  return head && artifactsOfRun(head, await findReceiptDigest(deps, head)).find((artifact) => artifact.name === name);
}
