import { TenantId } from '../core/tenant-id.ts';

/** The reserved tenant that owns the packages shipped with the product; every tenant may read them, none may be called so. */
export const catalogTenant = TenantId.parse('mc-catalog');
