import { TenantId } from '../../../shared/core/tenant-id.ts';

/** The one tenant of every world. */
export const acme = TenantId.parse('acme');
