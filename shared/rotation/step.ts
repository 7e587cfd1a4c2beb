import type { Deps } from '../port/deps.ts';
import type { RotationInput } from '../port/keys/rotations.ts';
import { getRotation, hasReached, rotationKey, type Rotation, type RotationStep } from './rotation.ts';

/** A step of a rotation, as the state machine calls it. */
export type RotationPhase = (deps: Deps, input: RotationInput) => Promise<Rotation>;

/**
 * A step that is taken once: it does nothing for a rotation that has come so far, and answers the rotation as it is then. Why it failed stands in the row, where
 * people look, until a step succeeds.
 */
export function step(reached: RotationStep, take: (deps: Deps, rotation: Rotation) => Promise<void>): RotationPhase {
  return async (deps, { rotationId }) => {
    const rotation = await getRotation(deps, rotationId);
    if (hasReached(rotation, reached)) return rotation;
    try {
      await take(deps, rotation);
    } catch (error) {
      await noteProblem(deps, rotation, error);
      throw error;
    }
    return getRotation(deps, rotationId);
  };
}

async function noteProblem(deps: Deps, { id, step: at }: Rotation, error: unknown): Promise<void> {
  const problem = error instanceof Error ? error.message : String(error);
  deps.logger.error('a rotation of keys could not go on', { rotationId: id, step: at, error });
  const conditions = [{ kind: 'compare', field: 'step', op: '=', value: at }] as const;
  // The step's own error is the one to tell, whatever happens to this write.
  await deps.table.write([{ kind: 'update', key: rotationKey(id), set: { problem }, conditions }]).catch(() => undefined);
}
