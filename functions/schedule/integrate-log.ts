import { integrateLog } from '../../shared/log/integrate-log.ts';
import { lazyLambda } from '../middleware/lazy-lambda.ts';

export const handler = lazyLambda(async (deps) => ({ added: await integrateLog(deps) }));
