import type { Logger } from '../port/logger.ts';

/** One JSON line a message to the stream, as Powertools writes it on Lambda. */
export function jsonLogger(write: (line: string) => void, service: string): Logger {
  const log =
    (level: string) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void =>
      write(`${JSON.stringify({ level, message, service, timestamp: new Date().toISOString(), ...readable(fields) })}\n`);
  return { info: log('INFO'), warn: log('WARN'), error: log('ERROR') };
}

/** Errors have no enumerable fields, so they would be logged as `{}`. */
function readable(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? errorFields(value) : value]));
}

function errorFields(error: Error): Record<string, unknown> {
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    ...(error.cause instanceof Error && { cause: errorFields(error.cause) }),
  };
}
