/** What a purge takes of a run, by name and digest: decided from the rows of the run before anything is touched. */
import { z } from 'zod';
import { McError } from '../../core/errors.ts';
import { artifactsOfRun, artifactsOfTask, logsOfTask, type Artifact } from '../../evidence/artifact.ts';
import type { ExecutionRecord, TaskRecord } from '../../execution/execution-record.ts';
import { isElsewhere } from '../../execution/stored-json.ts';
import type { Deps } from '../../port/deps.ts';
import type { RunKind } from '../../tenant/retention.ts';
import type { PurgeItem } from './purge-record.ts';

/** Signed statements are found with their rows when those go. */
const goes = (kind: RunKind, { logsPurge, dataPurge }: ExecutionRecord): { logs: boolean; data: boolean } => ({
  logs: kind !== 'data' && logsPurge === undefined,
  data: kind !== 'logs' && dataPurge === undefined,
});

function isData({ source }: Artifact): boolean {
  return (source.kind === 'blob' && source.blob === 'data') || (source.kind === 'value' && isElsewhere(source.stored));
}

/** The stored objects of the run that go, each with its size as far as it can be read. */
export async function* inventoryOf(
  deps: Pick<Deps, 'blobs'>,
  kind: RunKind,
  head: ExecutionRecord,
  tasks: AsyncIterable<TaskRecord>,
): AsyncGenerator<PurgeItem> {
  const { logs, data } = goes(kind, head);
  // The manifest belongs to the workflow, not to the run.
  const values = (all: readonly Artifact[]): Artifact[] =>
    data ? all.filter((each) => each.name !== 'workflow.json' && isData(each)) : [];
  for (const artifact of values(artifactsOfRun(head, undefined))) yield await toItem(deps, head, artifact, 'data');
  for await (const task of tasks) {
    for (const artifact of values(artifactsOfTask(head, task))) yield await toItem(deps, head, artifact, 'data');
    for (const artifact of logs ? logsOfTask(task) : []) yield await toItem(deps, head, artifact, 'log');
  }
}

const FirstLine = z.object({ executionId: z.string() });

async function toItem(deps: Pick<Deps, 'blobs'>, head: ExecutionRecord, artifact: Artifact, kind: 'data' | 'log'): Promise<PurgeItem> {
  const { name, digest } = artifact;
  const bytes = await readable(deps, head, artifact, kind);
  const isOwn = kind === 'log' && bytes !== undefined && isOwnLog(bytes, head.id);
  return { kind, name, digest, sizeBytes: bytes?.byteLength ?? null, isOwn, result: null };
}

/** The bytes, where they can be read: what is damaged or cannot be decrypted any more must not keep the rest from being purged. */
async function readable(
  { blobs }: Pick<Deps, 'blobs'>,
  { tenant }: ExecutionRecord,
  { digest }: Artifact,
  kind: 'data' | 'log',
): Promise<Uint8Array | undefined> {
  try {
    return await blobs.find(tenant, kind, digest);
  } catch (error) {
    if (error instanceof McError && error.code.startsWith('mc:store:')) return undefined;
    throw error;
  }
}

/** Logs of earlier versions do not name their run, so two runs may share one. */
function isOwnLog(bytes: Uint8Array, executionId: string): boolean {
  const end = bytes.indexOf(0x0a);
  const line: unknown = JSON.parse(Buffer.from(bytes.subarray(0, end < 0 ? undefined : end)).toString('utf8'));
  const parsed = FirstLine.safeParse(line);
  return parsed.success && parsed.data.executionId === executionId;
}
