/** The handlers as scripts/bundle-functions.ts left them. The stacks know functions by path only; they never import one. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { z } from 'zod';

const root = join(import.meta.dirname, '..', 'dist', 'lambda');

const Route = z.strictObject({
  id: z.string(),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
  path: z.string().startsWith('/'),
  isPublic: z.boolean(),
  summary: z.string(),
  functionName: z.string(),
});
/** One operation of the API and the function that serves it. */
export type Route = z.infer<typeof Route>;

export interface FunctionCode {
  routes: readonly Route[];
  /** The code of a function by its name. */
  of(name: string): Code;
}

/** The bundled functions; throws when they were not bundled yet. */
export function bundledCode(): FunctionCode {
  const table = join(root, 'operations.json');
  if (!existsSync(table)) throw new Error('dist/lambda is missing: run `node scripts/bundle-functions.ts` (cdk does it by itself).');
  const routes: unknown = JSON.parse(readFileSync(table, 'utf8'));
  return { routes: z.array(Route).parse(routes), of: (name) => Code.fromAsset(join(root, name)) };
}
