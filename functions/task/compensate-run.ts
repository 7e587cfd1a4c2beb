import { compensateRun } from '../../shared/execution/phases/compensate-run.ts';
import { phaseLambda } from '../middleware/phase-lambda.ts';

export const handler = phaseLambda(compensateRun);
