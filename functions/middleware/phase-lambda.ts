import { z } from 'zod';
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
  return lazyLambda(async (deps, event) => phase(deps, PhaseEvent.parse(event)));
}

/** A phase that ends when somebody answers its task token. */
export function waitingPhaseLambda(phase: (deps: Deps, input: PhaseInput, token: string) => Promise<unknown>): LambdaHandler {
  return lazyLambda(async (deps, event) => {
    const { input, token } = WaitingPhaseEvent.parse(event);
    return phase(deps, input, token);
  });
}
