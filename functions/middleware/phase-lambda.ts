import { z } from 'zod';
import { isMendedByRetries } from '../../shared/core/errors.ts';
import { idSchema } from '../../shared/core/id.ts';
import { TenantId } from '../../shared/core/tenant-id.ts';
import type { Deps } from '../../shared/port/deps.ts';
import type { PhaseInput } from '../../shared/port/phases.ts';
import { lazyLambda, type LambdaHandler } from './lazy-lambda.ts';

/** What a state passes on; other keys (an emulator adds some) are dropped here and never reach a phase. */
const PhaseEvent = z.object({ tenant: TenantId, executionId: idSchema('exec') });

const WaitingPhaseEvent = z.object({ input: PhaseEvent, token: z.string().min(1) });

/** A phase of a run as a Step Functions task. */
export function phaseLambda(phase: (deps: Deps, input: PhaseInput) => Promise<unknown>): LambdaHandler {
  return lazyLambda(async (deps, event) => {
    const input = PhaseEvent.parse(event);
    return phase(deps, input).catch((error: unknown) => tell(deps, input, error));
  });
}

/** A phase that ends when somebody answers its task token. */
export function waitingPhaseLambda(phase: (deps: Deps, input: PhaseInput, token: string) => Promise<unknown>): LambdaHandler {
  return lazyLambda(async (deps, event) => {
    const { input, token } = WaitingPhaseEvent.parse(event);
    return phase(deps, input, token).catch((error: unknown) => tell(deps, input, error));
  });
}

/** The runtime logs an error without the run that it is about; the state machine tries a dozen times before it gives up. */
function tell({ logger }: Deps, { executionId }: PhaseInput, error: unknown): never {
  if (!isMendedByRetries(error)) logger.error('a phase of a run fails, and trying again may not mend it', { executionId, error });
  throw error;
}
