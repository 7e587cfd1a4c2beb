import { z } from 'zod';
import { TenantId } from '../core/tenant-id.ts';

/** What a member of a tenant may be (seed 002 §6). */
export const Role = z.enum(['admin', 'operator', 'composer', 'viewer']);
export type Role = z.infer<typeof Role>;

/** Who asks: always known, always of one tenant. */
export const Actor = z.strictObject({ sub: z.string().min(1).max(256), tenant: TenantId, roles: z.array(Role) });
export type Actor = z.infer<typeof Actor>;
