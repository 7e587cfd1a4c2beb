/**
 * What an ended run left behind is believed only as far as its receipt goes: before a run is built on another, the receipt of that one is verified again, and
 * what is stored must have the digests that were signed.
 */
import { z } from 'zod';
import { canonicalJson } from '../../core/json/canonical-json.ts';
import { digestBytes, hexOf, type Digest } from '../../core/digest.ts';
import { McError } from '../../core/errors.ts';
import type { Deps } from '../../port/deps.ts';
import { predicateTypes } from '../../receipt/statement.ts';
import { verifyOwn } from '../../receipt/verify-own.ts';
import type { Actor } from '../../tenant/actor.ts';
import type { ExecutionRecord, TaskRecord } from '../execution-record.ts';
import { readReceipt } from '../read/read-receipt.ts';
import { loadJson, type StoredJson } from '../stored-json.ts';

/** The part of the signed predicate that a run is pinned by. */
const SignedRun = z.object({
  buildDefinition: z.object({
    externalParameters: z.object({ workflow: z.object({ digest: z.string() }), inputsDigest: z.string() }),
  }),
  runDetails: z.object({ metadata: z.object({ invocationId: z.string() }) }),
});

type VerifyDeps = Pick<Deps, 'table' | 'blobs' | 'dataKeys' | 'signer'>;

/** Throws `mc:receipt:invalid` unless the receipt of the run verifies, speaks of this manifest and these inputs, and has the outputs of these steps as subjects. */
export async function verifyOrigin(deps: VerifyDeps, actor: Actor, head: ExecutionRecord, steps: readonly TaskRecord[]): Promise<void> {
  const { bundle } = await readReceipt(deps, actor, head.id);
  const { statement } = await verifyOwn(deps, bundle, { predicateType: predicateTypes.run });
  const { buildDefinition, runDetails } = SignedRun.parse(statement.predicate);
  const { workflow, inputsDigest } = buildDefinition.externalParameters;
  mustHold(runDetails.metadata.invocationId === head.id, `the receipt filed for ${head.id} is of another run`);
  mustHold(workflow.digest === head.workflow.digest, `${head.id} is pinned to another manifest than its receipt says`);
  mustHold(inputsDigest === head.inputs.digest, `${head.id} has other inputs than its receipt says`);
  await requireStored(deps, head, head.inputs);
  const subjects = new Map(statement.subject.map(({ name, digest }) => [name, digest['sha256']]));
  for (const { id, outputs } of steps) {
    if (outputs === null) continue;
    const signed = subjects.get(`tasks/${id}/outputs.json`);
    mustHold(signed === hexOf(outputs.digest), `the outputs of ${id} are not those that the receipt of ${head.id} names`);
    await requireStored(deps, head, outputs);
  }
}

/** A digest beside a value says nothing about the value. */
async function requireStored(deps: VerifyDeps, { tenant, id }: ExecutionRecord, stored: StoredJson): Promise<void> {
  const actual: Digest = digestBytes(canonicalJson(await loadJson(deps, tenant, stored)));
  mustHold(actual === stored.digest, `a stored value of ${id} was changed: it has the digest ${actual}, signed is ${stored.digest}`);
}

function mustHold(holds: boolean, message: string): asserts holds {
  if (!holds) throw new McError('mc:receipt:invalid', `${message}; nothing was started`);
}
