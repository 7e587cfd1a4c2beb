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

const FunctionTable = z.strictObject({ catalogDigest: z.string(), routes: z.array(Route) });

export interface FunctionCode {
  routes: readonly Route[];
  /** Changes when there are other packages to install. */
  catalogDigest: string;
  /** The code of a function by its name. */
  of(name: string): Code;
}

/** The bundled functions; throws when they were not bundled yet. */
export function bundledCode(): FunctionCode {
  const path = join(root, 'functions.json');
  if (!existsSync(path)) throw new Error('dist/lambda is missing: run `node scripts/bundle-functions.ts` (cdk does it by itself).');
  const { routes, catalogDigest } = FunctionTable.parse(JSON.parse(readFileSync(path, 'utf8')));
  return { routes, catalogDigest, of: (name) => Code.fromAsset(join(root, name)) };
}
