import { openCheckpoint } from '../log/checkpoint.ts';
import { logIdentity } from '../log/log-identity.ts';
import * as store from '../log/log-store.ts';
import { rootOf } from '../log/tree-edge.ts';
import type { Deps } from '../port/deps.ts';

/** Whether what the home tells the world, what it appends to and what it has stored are one tree. */
export async function checkHead(deps: Pick<Deps, 'table' | 'logKey'>, head: store.LogHead | undefined): Promise<string[]> {
  const differences: string[] = [];
  if (head?.published) differences.push(...(await checkPublished(deps, head.published)));
  const edge = store.edgeOf(await deps.table.get(store.edgeKey));
  const isOne = head ? edge.size === head.size && rootOf(edge).toString('base64') === head.root : edge.size === 0;
  // A batch that was appended between the two reads is no difference.
  if (!isOne && (await store.readHead(deps))?.version === head?.version)
    differences.push(`the head of the log says ${head?.size ?? 0} entries, and its edge of ${edge.size} is not that tree`);
  return differences;
}

/** The checkpoint that everybody is given must be the one that is filed, which is compared with the entries. */
async function checkPublished(
  { table, logKey }: Pick<Deps, 'table' | 'logKey'>,
  { size, note }: NonNullable<store.LogHead['published']>,
): Promise<string[]> {
  const log = logIdentity(await logKey.publicKey());
  const filed = store.CheckpointRecord.safeParse(await table.get(store.checkpointKey(size))).data?.note;
  const [told, kept] = [openCheckpoint(note, log), filed === undefined ? undefined : openCheckpoint(filed, log)];
  if (told?.size !== size) return [`the checkpoint that is published is not one of ${size} entries that the log signed`];
  if (!kept?.root.equals(told.root)) return [`there is no checkpoint of ${size} entries as the one that is published`];
  return [];
}
