import { z } from 'zod';
import { idSchema } from '../../shared/core/id.ts';
import { rotationPhaseNames, runRotationPhase } from '../../shared/rotation/rotation-phases.ts';
import { lazyLambda } from '../middleware/lazy-lambda.ts';

/** What a state passes on; other keys (an emulator adds some) are dropped here. */
const PhaseEvent = z.object({ phase: z.enum(rotationPhaseNames), rotationId: idSchema('rot') });

export const handler = lazyLambda(async (deps, event) => {
  const { phase, rotationId } = PhaseEvent.parse(event);
  return runRotationPhase(deps, phase, { rotationId });
});
