import { recordRun } from '../../shared/execution/phases/record-run.ts';
import { phaseLambda } from '../middleware/phase-lambda.ts';

export const handler = phaseLambda(recordRun);
