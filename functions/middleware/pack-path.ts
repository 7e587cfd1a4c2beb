import { z } from 'zod';

/** The path parameter of everything that belongs to one policy pack. What can be no name is looked for and not found, like a name of somebody else. */
export const PackPath = z.strictObject({ id: z.string().min(1).max(64).describe('Name of the pack, such as `residency`') });
