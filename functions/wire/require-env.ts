import { z } from 'zod';

/** Reads and checks the environment in one place; every missing or malformed name is in one error. */
export function requireEnv<S extends z.ZodObject>(schema: S): z.output<S> {
  const parsed = schema.safeParse(process.env);
  if (parsed.success) return parsed.data;
  throw new Error(`The environment is not what the stacks set: ${z.prettifyError(parsed.error)}`, { cause: parsed.error });
}
