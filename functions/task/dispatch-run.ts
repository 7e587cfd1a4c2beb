import { dispatchRun } from '../../shared/execution/phases/dispatch-run.ts';
import { phaseLambda } from '../middleware/phase-lambda.ts';

export const handler = phaseLambda(dispatchRun);
