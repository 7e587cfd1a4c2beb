/**
 * Texts that rows of many runs have in common, each kept once for its tenant under its own digest. A text never changes, so writing it again does no harm, and
 * nothing deletes it: rows that name it may be younger than any that are purged. It says nothing of a person or of a single run (decision-parts.ts).
 */
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { digestBytes, type Digest } from '../core/digest.ts';
import { assertInvariant, McError } from '../core/errors.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { Deps } from '../port/deps.ts';
import type { Item, Key, Table } from '../port/table.ts';

/** A text is an item of at most 400 KB, its key included. */
export const textBytesMax = 396 * 1024;

export interface CommonText {
  /** SHA-256 of the text. */
  digest: Digest;
  text: string;
}

/** What one process knows of the texts of a table. */
interface Known {
  /** Being kept, or kept for good, by tenant and digest. */
  kept: LRUCache<string, Promise<void>>;
  texts: LRUCache<string, CommonText>;
}

const knownLimits = {
  /** A workflow version has a few; forgetting one costs a write of it. */
  kept: 10_000,
  /** JSON characters; a few thousand texts of small workflows. Forgetting one costs a read. */
  characters: 8 * 1024 * 1024,
} as const;

const known = new WeakMap<Table, Known>();

function knownOf(table: Table): Known {
  const found = known.get(table) ?? {
    // A number of entries as `max` would lay out room for all of them at once.
    kept: new LRUCache({ maxSize: knownLimits.kept, sizeCalculation: () => 1 }),
    texts: new LRUCache({ maxSize: knownLimits.characters }),
  };
  known.set(table, found);
  return found;
}

/** Every text has a partition of its own: many runs name it, and no partition shall be asked for all of them. */
export function commonTextKey(tenant: TenantId, digest: Digest): Key {
  return { pk: `T#${tenant}#COMMON#${digest}`, sk: 'TEXT' };
}

/** Resolves when the text is durable; a row that names it is written after that. Only the first call of a process for a text writes. */
export function keepCommonText({ table }: Pick<Deps, 'table'>, tenant: TenantId, { digest, text }: CommonText): Promise<void> {
  const { kept } = knownOf(table);
  const name = `${tenant} ${digest}`;
  const earlier = kept.get(name);
  if (earlier) return earlier;
  const writing = table.putMany([{ ...commonTextKey(tenant, digest), text }]);
  kept.set(name, writing);
  // A failure is not kept: the next row that names the text writes it again.
  writing.catch(() => {
    if (kept.peek(name) === writing) kept.delete(name);
  });
  return writing;
}

const readsAtOnce = 100;
const Stored = z.object({ text: z.string() });

/** The texts of these digests, each the same object while it is remembered. Throws `mc:store:damaged` for one that is gone or was changed. */
export async function readCommonTexts(
  { table }: Pick<Deps, 'table'>,
  tenant: TenantId,
  digests: readonly Digest[],
): Promise<ReadonlyMap<Digest, CommonText>> {
  const { texts } = knownOf(table);
  const found = new Map<Digest, CommonText>();
  const missing: Digest[] = [];
  for (const digest of new Set(digests)) {
    const text = texts.get(`${tenant} ${digest}`);
    if (text === undefined) missing.push(digest);
    else found.set(digest, text);
  }
  for (let start = 0; start < missing.length; start += readsAtOnce) {
    const asked = missing.slice(start, start + readsAtOnce);
    const items = await table.getMany(asked.map((digest) => commonTextKey(tenant, digest)));
    for (const [index, digest] of asked.entries()) {
      const text = checked(digest, items[index]);
      texts.set(`${tenant} ${digest}`, text, { size: text.text.length });
      found.set(digest, text);
    }
  }
  return found;
}

/** The text of this digest; throws as readCommonTexts does. */
export async function readCommonText(deps: Pick<Deps, 'table'>, tenant: TenantId, digest: Digest): Promise<CommonText> {
  const text = knownOf(deps.table).texts.get(`${tenant} ${digest}`) ?? (await readCommonTexts(deps, tenant, [digest])).get(digest);
  assertInvariant(text !== undefined, `the text ${digest} was not read`);
  return text;
}

function checked(digest: Digest, item: Item | undefined): CommonText {
  const stored = Stored.safeParse(item);
  if (stored.success && digestBytes(stored.data.text) === digest) return { digest, text: stored.data.text };
  throw new McError('mc:store:damaged', `The stored text ${digest} is gone or was changed; rows that name it cannot be read.`);
}
