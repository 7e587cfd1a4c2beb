import { monitorLog } from '../../shared/log-monitor/monitor-log.ts';
import { lazyLambda } from '../middleware/lazy-lambda.ts';

export const handler = lazyLambda(async (deps) => monitorLog(deps));
