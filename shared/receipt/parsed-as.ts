import type { ZodType } from 'zod';
import { McError } from '../core/errors.ts';
import { toPointer } from '../core/json/json-pointer.ts';

/** The value as the schema has it; throws `mc:receipt:invalid` with every issue, and the first of them in its message. */
export function parsedAs<T>(schema: ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => ({ code: issue.code, pointer: toPointer(issue.path), message: issue.message }));
  const first = issues[0];
  throw new McError('mc:receipt:invalid', `${what} is not well formed: ${first?.message ?? ''} at ${first?.pointer || 'its top'}`, {
    issues,
  });
}
