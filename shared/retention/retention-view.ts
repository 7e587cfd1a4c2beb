import { z } from 'zod';
import { isoTime } from '../port/clock.ts';
import { Retention, retentionOf } from '../tenant/retention.ts';
import type { Tenant } from '../tenant/tenant.ts';
import type { HomeClock } from './home-clock.ts';

/** What of a tenant is kept for how long, as the API shows it. */
export const RetentionView = z
  .strictObject({
    tenant: z.string(),
    retention: z.strictObject(Retention.shape),
    isDefault: z.boolean().describe('Whether nobody set anything for this tenant'),
    holds: z.int().describe('Legal holds that stand'),
    clock: z.strictObject({
      lastRoundAt: z.iso.datetime().nullable().describe('When the home last purged by its clock; null before it ever did'),
      isSteady: z.boolean().describe('False when the clock stands more than 7 days from there: nothing is purged then'),
    }),
  })
  .meta({ id: 'Retention' });
export type RetentionView = z.infer<typeof RetentionView>;

export function toRetentionView(tenant: Tenant, holds: number, { lastRoundAt, isSteady }: HomeClock): RetentionView {
  const clock = { lastRoundAt: lastRoundAt === undefined ? null : isoTime(lastRoundAt), isSteady };
  return { tenant: tenant.id, retention: retentionOf(tenant), isDefault: tenant.retention === undefined, holds, clock };
}
