import { compensateRun } from '../../shared/execution/phases/compensate-run.ts';
import { callMaxMs } from '../../shared/port/phases.ts';
import { phaseLambda } from '../middleware/phase-lambda.ts';

/** The function has all of the time that there is (stacks/execution-stack.ts); what does not fit into it any more is left to the next call. */
export const handler = phaseLambda((deps, input) => compensateRun(deps, input, { maxMs: callMaxMs }));
