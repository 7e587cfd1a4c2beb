import { awaitRun } from '../../shared/execution/phases/await-run.ts';
import { waitingPhaseLambda } from '../middleware/phase-lambda.ts';

export const handler = waitingPhaseLambda(awaitRun);
