import { Logger as Powertools } from '@aws-lambda-powertools/logger';
import type { Logger } from '../port/logger.ts';

/** Structured lines through Powertools; errors among the fields keep their name, stack and cause. Every line names this service. */
export function powertoolsLogger(serviceName: string): Logger {
  const logger = new Powertools({ serviceName });
  return {
    info: (message, fields = {}) => logger.info(message, { ...fields }),
    warn: (message, fields = {}) => logger.warn(message, { ...fields }),
    error: (message, fields = {}) => logger.error(message, { ...fields }),
  };
}
