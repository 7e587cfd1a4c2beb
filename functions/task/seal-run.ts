import { sealRun } from '../../shared/execution/phases/seal-run.ts';
import { phaseLambda } from '../middleware/phase-lambda.ts';

export const handler = phaseLambda(sealRun);
