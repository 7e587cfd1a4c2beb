import { z } from 'zod';

/** The name of a tenant; a brand, so a plain string from outside cannot reach a store without being parsed. */
export const TenantId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{1,62}$/)
  .brand('TenantId');
export type TenantId = z.infer<typeof TenantId>;

/** Whether the product keeps this name for itself: whoever acted as such a tenant could change what every tenant trusts. */
export function isReservedTenant(tenant: TenantId): boolean {
  return tenant.startsWith('mc-');
}
