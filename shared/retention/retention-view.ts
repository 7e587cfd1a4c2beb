import { z } from 'zod';
import { Retention, retentionOf } from '../tenant/retention.ts';
import type { Tenant } from '../tenant/tenant.ts';

/** What of a tenant is kept for how long, as the API shows it. */
export const RetentionView = z
  .strictObject({
    tenant: z.string(),
    retention: z.strictObject(Retention.shape),
    isDefault: z.boolean().describe('Whether nobody set anything for this tenant'),
    holds: z.int().describe('Legal holds that stand'),
  })
  .meta({ id: 'Retention' });
export type RetentionView = z.infer<typeof RetentionView>;

export function toRetentionView(tenant: Tenant, holds: number): RetentionView {
  return { tenant: tenant.id, retention: retentionOf(tenant), isDefault: tenant.retention === undefined, holds };
}
