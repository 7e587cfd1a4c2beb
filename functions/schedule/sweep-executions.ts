import { sweepExecutions } from '../../shared/execution/dispatch/sweep-executions.ts';
import { lazyLambda } from '../middleware/lazy-lambda.ts';

export const handler = lazyLambda(async (deps) => sweepExecutions(deps));
