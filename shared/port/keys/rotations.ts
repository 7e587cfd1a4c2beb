import type { Id } from '../../core/id.ts';

/** What the state machine of a rotation is started with; everything else stands in its row. */
export interface RotationInput {
  rotationId: Id<'rot'>;
}

/** Runs statemachines/key-rotation.asl.json. */
export interface Rotations {
  /** Runs the machine for this rotation; `attempt` tells one start from the next, because its steps may be repeated at any time. A second start of one attempt changes nothing. */
  start(input: RotationInput, attempt: number): Promise<void>;
}
