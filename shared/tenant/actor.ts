import { z } from 'zod';
import { TenantId } from '../core/tenant-id.ts';

/** What a member of a tenant may be; docs/reference/roles.md says what each may do. */
export const Role = z.enum(['admin', 'operator', 'composer', 'viewer']);
export type Role = z.infer<typeof Role>;

/** Who asks: always known, always of one tenant. */
export const Actor = z.strictObject({
  sub: z.string().min(1).max(256),
  tenant: TenantId,
  roles: z.array(Role),
  /** Present when the token names one (claim `spiffe_id`). */
  spiffeId: z.string().max(2_048).optional(),
  /** True for schedules, runners and other programs: a member of kind `service`, or the home itself. */
  isService: z.boolean().optional(),
});
export type Actor = z.infer<typeof Actor>;
