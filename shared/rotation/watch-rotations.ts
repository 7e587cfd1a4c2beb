import { z } from 'zod';
import { hasCode } from '../core/errors.ts';
import type { Deps } from '../port/deps.ts';
import { metricNames } from '../port/metrics.ts';
import type { Key } from '../port/table.ts';
import { versionsOf } from './prove-key.ts';
import { requestRotation, usualWindowHours } from './request-rotation.ts';
import { rotationActor } from './rotation-actor.ts';
import { findPending, rotationKey, RotationKind, type Rotation } from './rotation.ts';

/** A year, unless the operator says otherwise; 0 is never. */
export const usualKeyDays = 365;

const dayMs = 86_400_000;

/** Since when the home knows that this key is in use. */
const Since = z.object({ keyId: z.string(), since: z.number() });
const sinceKey = (kind: RotationKind): Key => ({ pk: 'SYS#ROTATION#SINCE', sk: kind });

/** Starts the machine of every rotation that is under way: for a home that starts. */
export async function resumeRotations(deps: Deps): Promise<void> {
  for (const kind of RotationKind.options) {
    const pending = await findPending(deps, kind);
    if (pending) await deps.rotations.start({ rotationId: pending.id }, pending.attempts);
  }
}

/** Begins a rotation of every key that is so many days old, starts again those that stopped, and says for how long the oldest has been pending. */
export async function watchRotations(deps: Deps, { maxKeyDays }: { maxKeyDays: number }): Promise<{ pendingMs: number; begun: string[] }> {
  const begun: string[] = [];
  let pendingMs = 0;
  for (const kind of RotationKind.options) {
    const pending = await findPending(deps, kind);
    if (pending) {
      pendingMs = Math.max(pendingMs, deps.clock.now() - pending.startedAt);
      await startAgain(deps, pending);
      continue;
    }
    const dueMs = maxKeyDays === 0 ? 0 : (await keyAgeMs(deps, kind)) - maxKeyDays * dayMs;
    if (maxKeyDays === 0 || dueMs < 0) continue;
    const id = await begin(deps, kind, maxKeyDays);
    if (id === undefined) pendingMs = Math.max(pendingMs, dueMs);
    else begun.push(id);
  }
  deps.metrics.record(metricNames.rotationPendingMs, pendingMs);
  return { pendingMs, begun };
}

/** A machine that waits for the end of the window does not need another one beside it. */
async function startAgain(deps: Deps, rotation: Rotation): Promise<void> {
  const { id, attempts, windowEndsAt } = rotation;
  if (windowEndsAt !== null && deps.clock.now() < windowEndsAt) return nearWindow(deps, rotation);
  const conditions = [{ kind: 'compare', field: 'attempts', op: '=', value: attempts }] as const;
  const { ok } = await deps.table.write([{ kind: 'update', key: rotationKey(id), add: { attempts: 1 }, conditions }]);
  if (ok) await deps.rotations.start({ rotationId: id }, attempts + 1);
}

/** The clock that began the window may have been ahead, and gone back since: no window is longer than was asked for. */
async function nearWindow(deps: Deps, { id, windowEndsAt, windowMs }: Rotation): Promise<void> {
  const latest = deps.clock.now() + windowMs;
  if (windowEndsAt === null || windowEndsAt <= latest) return;
  const conditions = [{ kind: 'compare', field: 'windowEndsAt', op: '=', value: windowEndsAt }] as const;
  await deps.table.write([{ kind: 'update', key: rotationKey(id), set: { windowEndsAt: latest }, conditions }]);
}

async function keyAgeMs(deps: Deps, kind: RotationKind): Promise<number> {
  const { keyId } = await versionsOf(deps, kind).active();
  const known = Since.safeParse(await deps.table.get(sinceKey(kind)));
  const now = deps.clock.now();
  // A time that is still to come was noted by a clock that was ahead; the key would be in use for so much longer.
  if (known.success && known.data.keyId === keyId && known.data.since <= now) return now - known.data.since;
  await deps.table.write([{ kind: 'put', item: { ...sinceKey(kind), keyId, since: now } }]);
  return 0;
}

/** Undefined for a rotation that is due and cannot be begun: it counts as pending, so that somebody is told. */
async function begin(deps: Deps, kind: RotationKind, maxKeyDays: number): Promise<string | undefined> {
  const reason = `the key is ${maxKeyDays} days old`;
  try {
    return (await requestRotation(deps, rotationActor(deps), { kind, reason, windowHours: usualWindowHours })).id;
  } catch (error) {
    if (!hasCode(error, 'mc:key:rotation-conflict') && !hasCode(error, 'mc:key:rotation-refused')) throw error;
    deps.logger.error('a rotation of keys is due and could not begin', { kind, error });
    return undefined;
  }
}
