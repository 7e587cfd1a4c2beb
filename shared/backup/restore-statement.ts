import { z } from 'zod';
import { Digest, hexOf } from '../core/digest.ts';
import { idSchema } from '../core/id.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { Key } from '../port/table.ts';
import { predicateTypes, type Statement } from '../receipt/statement.ts';

const maxCheckpoint = 16_384;

/** What a home says of its restore, as the first of its new log: whoever follows the old one learns where it ended and why. */
export const RestoreFacts = z.strictObject({
  backup: idSchema('bak'),
  /** The statement of the backup has this table. */
  table: Digest,
  /** What was acknowledged after this moment is lost. */
  takenAt: z.iso.datetime(),
  restoredAt: z.iso.datetime(),
  endedLog: z.strictObject({
    origin: z.string().max(200),
    size: z.int().nonnegative(),
    checkpoint: z.string().max(maxCheckpoint).nullable(),
    /** Entries that the lost home is known to have logged; those behind `size` are lost. */
    knownSize: z.int().nonnegative(),
  }),
  newLog: z.strictObject({ origin: z.string().max(200) }),
});
export type RestoreFacts = z.infer<typeof RestoreFacts>;

/** Where a restored home files its statement, by the backup: the table in a backup was copied before any restore from it. */
export const restoreKey = (ownerTenant: TenantId, backup: string): Key => ({ pk: `T#${ownerTenant}#RESTORE`, sk: backup });

/** The statement of a restore; its subject is the table that was restored. */
export function restoreStatement(facts: RestoreFacts): Statement {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    predicateType: predicateTypes.restore,
    subject: [{ name: 'table.sqlite', digest: { sha256: hexOf(facts.table) } }],
    predicate: RestoreFacts.parse(facts),
  };
}
