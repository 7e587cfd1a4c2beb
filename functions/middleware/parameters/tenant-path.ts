import { z } from 'zod';

/** The path parameter of everything that belongs to one tenant. What is no name at all is looked for and not found, like a tenant of others. */
export const TenantPath = z.strictObject({ id: z.string().min(1).max(160).describe('Name of the tenant') });
