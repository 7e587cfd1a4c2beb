/** What a backup says of itself, signed by the home that made it. */
import { z } from 'zod';
import { Digest, hexOf } from '../core/digest.ts';
import { McError } from '../core/errors.ts';
import { idSchema } from '../core/id.ts';
import { predicateTypes, type Statement } from '../receipt/statement.ts';

/** A program that writes another format counts this up, so that an older one refuses what it would misread. */
export const backupFormat = 1;

const StoredFile = z.strictObject({ digest: Digest, size: z.int().nonnegative() });
export type StoredFile = z.infer<typeof StoredFile>;

/** Everything that has to be right before a home is restored from a backup. */
export const BackupFacts = z.strictObject({
  format: z.literal(backupFormat),
  id: idSchema('bak'),
  /** When the table was copied: what was acknowledged up to then is in the backup. */
  takenAt: z.iso.datetime(),
  /** The program that made it. */
  program: z.string().max(100),
  /** Version of the table's layout. */
  layout: z.int().nonnegative(),
  log: z.strictObject({
    /** The transparency log of the home, which names the home too. */
    origin: z.string().max(200),
    /** Entries that have an index in the backup. */
    size: z.int().nonnegative(),
    /** The newest checkpoint in the backup; null before the first entry. */
    checkpoint: z.string().max(16_384).nullable(),
  }),
  table: StoredFile,
  blobs: z.strictObject({ list: StoredFile, count: z.int().nonnegative(), bytes: z.int().nonnegative() }),
  /** Digests of the private keys of the home, so that the right ones are known when they come from elsewhere. */
  keys: z.array(z.strictObject({ path: z.string().regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/), digest: Digest })).max(1_000),
  /** The file that holds them under a passphrase; null for a backup without keys. */
  sealedKeys: StoredFile.nullable(),
});
export type BackupFacts = z.infer<typeof BackupFacts>;

/** The statement of a backup; its subjects are the files of the backup. */
export function backupStatement(facts: BackupFacts): Statement {
  const files: [string, StoredFile | null][] = [
    ['table.sqlite', facts.table],
    ['blobs.ndjson', facts.blobs.list],
    ['keys.json', facts.sealedKeys],
  ];
  return {
    _type: 'https://in-toto.io/Statement/v1',
    predicateType: predicateTypes.backup,
    subject: files.flatMap(([name, file]) => (file ? [{ name, digest: { sha256: hexOf(file.digest) } }] : [])),
    predicate: BackupFacts.parse(facts),
  };
}

/** The facts of a statement that was verified; throws `mc:backup:invalid` for one of another format. */
export function readBackupFacts({ predicate }: Statement): BackupFacts {
  const { format } = z.looseObject({ format: z.unknown() }).parse(predicate);
  if (format !== backupFormat)
    throw new McError('mc:backup:invalid', `the backup has format ${JSON.stringify(format)}; this program reads format ${backupFormat}`);
  const facts = BackupFacts.safeParse(predicate);
  if (facts.success) return facts.data;
  throw new McError('mc:backup:invalid', `the statement of the backup is not well formed: ${facts.error.issues[0]?.message ?? ''}`);
}
