/**
 * Why a statement that the log speaks of may be gone. That a tombstone stands in its place says nothing: whoever can take a statement away can leave one. What counts is the
 * deletion manifest of the purge that it names: signed by this home, an entry of the log, and about that run or decision.
 */
import { z } from 'zod';
import { hasCode } from '../core/errors.ts';
import { idSchema, type Id } from '../core/id.ts';
import { leafHash } from '../core/merkle-hash.ts';
import type { TenantId } from '../core/tenant-id.ts';
import { loneDecisionPk } from '../decision/decision-store.ts';
import { executionPk } from '../execution/execution-record.ts';
import type { PurgeMark } from '../execution/purge-mark.ts';
import { readDecisionTombstone, readTombstone, type Tombstone } from '../execution/tombstone.ts';
import { logEntry } from '../log/log-entry.ts';
import { findEntryPlace, tenantOf } from '../log/log-store.ts';
import { findEntry } from '../log/with-log-entry.ts';
import type { Deps } from '../port/deps.ts';
import type { Key } from '../port/table.ts';
import { Bundle } from '../receipt/bundle.ts';
import { predicateTypes } from '../receipt/statement.ts';
import { verifyOwn } from '../receipt/verify-own.ts';
import { DeletionPredicate } from '../retention/purge/deletion-statement.ts';
import { FiledManifest, manifestKey, Purge, purgeItem, purgeKey } from '../retention/purge/purge-record.ts';

export type ExcuseDeps = Pick<Deps, 'table' | 'blobs' | 'logKey' | 'signer'>;

type PurgeId = PurgeMark['purge'];

/** What stands in the place of what was purged. */
type Mark = { purge: PurgeId; run: Tombstone } | { purge: PurgeId; run: undefined };

/** What the home signed about a purge, or why that does not count. */
type Manifest = { digest: string; names: ReadonlySet<string> } | { problem: string };

/** The lines of an inventory that name decisions. */
const DecisionLine = z.object({ decision: idSchema('dec') });

/** Answers for one look at the log or the table: what a purge says is verified once. */
export class PurgeExcuses {
  readonly #deps: ExcuseDeps;
  readonly #manifests = new Map<PurgeId, Manifest>();

  constructor(deps: ExcuseDeps) {
    this.#deps = deps;
  }

  /** Why the absence of a statement that was filed in this partition is no purge; undefined when it is one. */
  async problemOf(pk: string): Promise<string | undefined> {
    const tenant = tenantOf(pk);
    const mark = tenant && (await this.#markOf(pk));
    if (!tenant || !mark) return 'nothing says that it was purged';
    const { purge, run } = mark;
    const manifest = this.#manifests.get(purge) ?? (await this.#look(tenant, purge));
    if (manifest === 'under way') return undefined;
    this.#manifests.set(purge, manifest);
    if ('problem' in manifest) return `its tombstone names ${purge}, ${manifest.problem}`;
    if (run && run.manifest !== null && run.manifest !== manifest.digest)
      return `its tombstone names another manifest than that of ${purge}`;
    return isNamed(manifest, pk, mark, tenant) ? undefined : `its tombstone names ${purge}, whose manifest does not name it`;
  }

  async #markOf(pk: string): Promise<Mark | undefined> {
    const item = await this.#deps.table.get({ pk, sk: 'EXEC' });
    const run = item && readTombstone(item);
    if (run) return { purge: run.purge, run };
    const decision = item && readDecisionTombstone(item);
    return decision && { purge: decision.purge, run };
  }

  /** Rows go before the manifest is signed. The purge is there before its marks, so one that is not under way any more has its manifest. */
  async #look(tenant: TenantId, purge: PurgeId): Promise<Manifest | 'under way'> {
    const item = await this.#deps.table.get(purgeKey(tenant, purge));
    const { data: record } = Purge.safeParse(item?.['purge']);
    // Whoever carries purges on ends each that stands in their list, so none of them is an excuse for ever.
    const isListed = record !== undefined && item?.gsi2pk === purgeItem(tenant, record).gsi2pk;
    return isListed && record.state === 'open' ? 'under way' : readManifest(this.#deps, tenant, purge);
  }
}

/** A run by its own partition or that of the decision which let it start, of which the manifest says no more; a decision that belonged to no run by its partition. */
function isNamed({ names }: { names: ReadonlySet<string> }, pk: string, { run }: Mark, tenant: TenantId): boolean {
  if (!run) return names.has(pk);
  const own = executionPk(tenant, run.executionId);
  return names.has(own) && (pk === own || pk.startsWith(`T#${tenant}#DEC#`));
}

async function readManifest(deps: ExcuseDeps, tenant: TenantId, purge: PurgeId): Promise<Manifest> {
  const key = manifestKey(tenant, purge);
  const filed = FiledManifest.safeParse(await deps.table.get(key));
  if (!filed.success) return { problem: 'which has no deletion manifest' };
  const { bundleDigest: digest, leaf, inventory } = filed.data;
  const [signed, lines] = await Promise.all([digest, inventory].map((each) => deps.blobs.find(tenant, 'receipt', each)));
  if (!signed || !lines) return { problem: 'whose deletion manifest is gone' };
  try {
    const bundle = Bundle.parse(JSON.parse(Buffer.from(signed).toString('utf8')));
    const { statement, pem } = await verifyOwn(deps, bundle, { predicateType: predicateTypes.deletion, artifact: inventory });
    const said = DeletionPredicate.parse(statement.predicate);
    const isItsOwn =
      said.purge === purge && said.tenant === tenant && leafHash(logEntry(bundle.dsseEnvelope, pem)).toString('hex') === leaf;
    if (!isItsOwn) return { problem: 'whose deletion manifest is of something else' };
    if (!(await isLogged(deps, leaf, key))) return { problem: 'whose deletion manifest is not in the log' };
    // Statements go with the whole run only, not with its logs or its data.
    const runs = said.kind === 'receipts' ? said.runs.map(({ id }) => executionPk(tenant, id)) : [];
    return { digest, names: new Set([...runs, ...decisionsIn(lines).map((id) => loneDecisionPk(tenant, id))]) };
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof z.ZodError) && !hasCode(error, 'mc:receipt:invalid')) throw error;
    return { problem: `whose deletion manifest does not verify: ${error.message}` };
  }
}

/** The decisions that an inventory names. */
function decisionsIn(inventory: Uint8Array): Id<'dec'>[] {
  const lines = Buffer.from(inventory)
    .toString('utf8')
    .split('\n')
    .filter((line) => line.startsWith('{"decision":'));
  return lines.flatMap((line) => {
    const parsed = DecisionLine.safeParse(JSON.parse(line));
    return parsed.success ? [parsed.data.decision] : [];
  });
}

/** Whether this is an entry of the log, or waits to be one. */
async function isLogged(deps: ExcuseDeps, leaf: string, of: Key): Promise<boolean> {
  const place = await findEntryPlace(deps, leaf);
  if (place?.of.pk !== of.pk || place.of.sk !== of.sk) return false;
  return place.index === undefined || isEntry(deps, leaf, place.index);
}

async function isEntry(deps: ExcuseDeps, leaf: string, index: number): Promise<boolean> {
  try {
    await findEntry(deps, leaf, index);
    return true;
  } catch (error) {
    if (hasCode(error, 'mc:log:damaged')) return false;
    throw error;
  }
}
