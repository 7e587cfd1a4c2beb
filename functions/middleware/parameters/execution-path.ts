import { z } from 'zod';

/** The path parameter of everything that belongs to one run. What is no id at all is looked for and not found, like an id of somebody else. */
export const ExecutionPath = z.strictObject({ id: z.string().min(1).max(160).describe('Id of the execution, `exec_…`') });
