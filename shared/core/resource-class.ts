import { z } from 'zod';

/** How large a sandbox a task gets. */
export const ResourceClass = z
  .enum(['small', 'medium', 'large'])
  .describe('Size of the sandbox: small 256 MiB, medium 1 GiB, large 4 GiB of memory');
export type ResourceClass = z.infer<typeof ResourceClass>;
