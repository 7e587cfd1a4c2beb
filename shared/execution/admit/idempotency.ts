import { z } from 'zod';
import { Digest } from '../../core/digest.ts';
import { McError } from '../../core/errors.ts';
import { idSchema } from '../../core/id.ts';
import type { Deps } from '../../port/deps.ts';
import type { Actor } from '../../tenant/actor.ts';
import { idempotencyKeyOf, type IdempotencyClaim } from './admission.ts';
import type { Execution } from '../execution.ts';
import { getExecution } from '../read/get-execution.ts';

const StoredClaim = z.object({ executionId: idSchema('exec'), requestDigest: Digest });

/** The run that this key answered before, or undefined; throws `mc:idempotency:conflict` when it was for another request. */
export async function findEarlierAnswer(
  deps: Pick<Deps, 'table' | 'blobs' | 'dataKeys'>,
  actor: Actor,
  claim: IdempotencyClaim,
): Promise<Execution | undefined> {
  const item = await deps.table.get(idempotencyKeyOf(actor, claim));
  if (!item) return undefined;
  const earlier = StoredClaim.parse(item);
  if (earlier.requestDigest !== claim.requestDigest) {
    throw new McError('mc:idempotency:conflict', `this Idempotency-Key stands for another request, which ${earlier.executionId} answered`);
  }
  return getExecution(deps, actor, earlier.executionId);
}
