import { z } from 'zod';

/** The path parameter of everything that belongs to one decision; what is no id is looked for and not found, like an id of somebody else. */
export const DecisionPath = z.strictObject({ id: z.string().min(1).max(160).describe('Id of the decision, `dec_…`') });
