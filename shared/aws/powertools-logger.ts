import { Logger as Powertools } from '@aws-lambda-powertools/logger';
import type { Logger } from '../port/logger.ts';
import { metricsService } from '../port/metrics.ts';

/** Structured lines through Powertools; errors among the fields keep their name, stack and cause. */
export function powertoolsLogger(): Logger {
  const logger = new Powertools({ serviceName: metricsService });
  return {
    info: (message, fields = {}) => logger.info(message, { ...fields }),
    warn: (message, fields = {}) => logger.warn(message, { ...fields }),
    error: (message, fields = {}) => logger.error(message, { ...fields }),
  };
}
