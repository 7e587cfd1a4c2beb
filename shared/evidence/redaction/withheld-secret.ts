/** The secret of a run that the salts of its commitments come from. It lies in the partition of the run, so that it goes with it: then nothing can be opened any more. */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { McError } from '../../core/errors.ts';
import { executionPk, type ExecutionRecord } from '../../execution/execution-record.ts';
import { notPurgedOp } from '../../execution/tombstone.ts';
import type { Deps } from '../../port/deps.ts';
import type { Key } from '../../port/table.ts';

const StoredSecret = z.object({ secret: z.base64() });

/** As long as the digests that are made with it. */
const secretBytes = 32;

async function find({ table }: Pick<Deps, 'table'>, key: Key): Promise<Buffer | undefined> {
  const item = await table.get(key);
  return item && Buffer.from(StoredSecret.parse(item).secret, 'base64');
}

/** The secret of the run, made when it is first asked for; callers at the same time get the same one. */
export async function openWithheldSecret(deps: Pick<Deps, 'table'>, { tenant, id }: ExecutionRecord): Promise<Buffer> {
  const key = { pk: executionPk(tenant, id), sk: 'WITHHELD' };
  const known = await find(deps, key);
  if (known) return known;
  const item = { ...key, secret: randomBytes(secretBytes).toString('base64') };
  await deps.table.write([{ kind: 'put', item, conditions: [{ kind: 'absent' }] }, notPurgedOp(tenant, id)]);
  const made = await find(deps, key);
  if (!made) throw new McError('mc:store:conflict', `${id} is being purged`);
  return made;
}
