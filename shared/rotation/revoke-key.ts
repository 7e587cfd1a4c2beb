import { auditOp } from '../audit/audit-event.ts';
import { signerKeyKey } from '../keys/signer-key.ts';
import { metricNames } from '../port/metrics.ts';
import type { WriteOp } from '../port/table.ts';
import { newKeyOf } from './introduce-key.ts';
import { versionsOf } from './prove-key.ts';
import { rotationActor } from './rotation-actor.ts';
import { refuseRotation } from './refuse-rotation.ts';
import { advance, pendingKey } from './rotation.ts';
import { step } from './step.ts';

/** Gives the old private half up: a file is deleted, KMS is told to delete in 30 days. The public half stays published for ever. */
export const revokeKey = step('finished', async (deps, rotation) => {
  const { kind, oldKey, id, reason, windowEndsAt, startedAt } = rotation;
  if (windowEndsAt === null || deps.clock.now() < windowEndsAt) throw refuseRotation(`The old key ${oldKey.keyId} may still be used`);
  const { goneAt } = await versionsOf(deps, kind).destroy(oldKey);
  await deps.faults.hit('rotate:after-destroy');
  const now = deps.clock.now();
  const retire: WriteOp = {
    kind: 'update',
    key: signerKeyKey(oldKey.keyId),
    set: { state: 'retired', goneAt: goneAt ?? now },
    conditions: [{ kind: 'present' }],
  };
  const details = { rotationId: id, kind, step: 'finished', oldKey: oldKey.keyId, newKey: newKeyOf(rotation).keyId, goneAt: goneAt ?? now };
  const finished = await advance(deps, rotation, { step: 'finished', finishedAt: now }, [
    ...(kind === 'signer' ? [retire] : []),
    { kind: 'delete', key: pendingKey(kind), conditions: [{ kind: 'compare', field: 'rotationId', op: '=', value: id }] },
    auditOp(deps, deps.config.ownerTenant, rotationActor(deps), { type: 'mc.keys.rotate', subject: oldKey.keyId, reason, details }),
  ]);
  await deps.faults.hit('rotate:after-finish');
  if (finished.finishedAt === now) deps.metrics.count(metricNames.rotationsTotal, 1, { kind });
  deps.logger.info('a rotation of keys is finished', { rotationId: id, kind, tookMs: now - startedAt });
});
