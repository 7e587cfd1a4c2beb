import { isoTime } from '../port/clock.ts';
import type { Deps } from '../port/deps.ts';
import type { RotationInput } from '../port/keys/rotations.ts';
import { attestRotation, createKey, proveKeys } from './introduce-key.ts';
import { revokeKey } from './revoke-key.ts';
import { rewrapKeys } from './rewrap-keys.ts';
import { hasReached } from './rotation.ts';
import type { RotationPhase } from './step.ts';
import { switchKey } from './switch-key.ts';
import { verifyRotation } from './verify-rotation.ts';

/** The Task states of statemachines/key-rotation.asl.json. */
export const rotationPhaseNames = ['Create', 'Prove', 'Attest', 'Switch', 'Rewrap', 'Verify', 'Revoke'] as const;
export type RotationPhaseName = (typeof rotationPhaseNames)[number];

const phases: Readonly<Record<RotationPhaseName, RotationPhase>> = {
  Create: createKey,
  Prove: proveKeys,
  Attest: attestRotation,
  Switch: switchKey,
  Rewrap: rewrapKeys,
  Verify: verifyRotation,
  Revoke: revokeKey,
};

/** What the state machine needs to know to go on. */
export interface PhaseAnswer {
  step: string;
  windowEndsAt: string | null;
  /** Whether the data keys are wrapped anew; until then that phase is called again. */
  isDone: boolean;
}

/** Runs one phase; any of them may be repeated at any time, by any process, and is done once. */
export async function runRotationPhase(deps: Deps, phase: RotationPhaseName, input: RotationInput): Promise<PhaseAnswer> {
  const rotation = await phases[phase](deps, input);
  const { step } = rotation;
  // The machine of one that was abandoned runs to its end without doing anything, and has nothing to wait for.
  const windowEndsAt = rotation.windowEndsAt ?? rotation.finishedAt;
  return { step, windowEndsAt: windowEndsAt === null ? null : isoTime(windowEndsAt), isDone: hasReached(rotation, 'rewrapped') };
}
