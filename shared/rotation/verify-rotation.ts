import { countWrappedBy, findWrappedBy, rewrapDataKeys } from '../encryption/rewrap-data-keys.ts';
import { integrateBatch } from '../log/integrate-log.ts';
import type { Deps } from '../port/deps.ts';
import { newKeyOf } from './introduce-key.ts';
import { refuseRotation } from './refuse-rotation.ts';
import { advance, type RotationChecks } from './rotation.ts';
import { buildRotationStatement } from './rotation-statement.ts';
import { sampleLog } from './sample-log.ts';
import { signRotation } from './sign-rotation.ts';
import { step } from './step.ts';

/**
 * Looks, before the old key is given up, whether it is needed: statements of all times verify with the keys that are published, the home signs with the new key, and no
 * data key is wrapped by the old one. What was found is signed by the key in use.
 */
export const verifyRotation = step('verified', async (deps, rotation) => {
  const { kind, oldKey } = rotation;
  const newKey = newKeyOf(rotation);
  if (kind === 'data') await requireRewrapped(deps, oldKey.keyId);
  // What was signed a moment ago is to be looked at too.
  await integrateBatch(deps);
  // Counted now: what a process wrapped that died before it said so is signed for too.
  const rewrapped = kind === 'data' ? await countWrappedBy(deps, newKey.keyId) : 0;
  const checks: RotationChecks = { ...(await sampleLog(deps)), rewrapped };
  await deps.faults.hit('rotate:after-checks');
  const statement = buildRotationStatement(deps, rotation, 'completed', checks);
  // Signed as a receipt would be: a home that still uses the old key is told apart here.
  const ops = await signRotation(deps, deps.signer, {
    id: rotation.id,
    name: 'completed',
    statement,
    ...(kind === 'signer' && { by: newKey }),
  });
  await advance(deps, rotation, { step: 'verified', checks }, ops);
  await deps.faults.hit('rotate:after-verify');
});

async function requireRewrapped(deps: Deps, oldKeyId: string): Promise<void> {
  // A process that had not noticed the switch may have made a data key since.
  let cursor: string | undefined;
  do {
    cursor = (await rewrapDataKeys(deps, cursor)).cursor;
  } while (cursor !== undefined);
  const left = await findWrappedBy(deps, oldKeyId);
  if (left) throw refuseRotation(`The data key ${left.id} of ${left.tenant} is still wrapped by ${oldKeyId}`);
}
