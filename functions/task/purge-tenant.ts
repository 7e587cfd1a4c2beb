import { z } from 'zod';
import { TenantId } from '../../shared/core/tenant-id.ts';
import { purgeOneTenant } from '../../shared/retention/retention-round.ts';
import { lazyLambda } from '../middleware/lazy-lambda.ts';

const TenantEvent = z.object({ tenant: TenantId });

/** Less than the function has (stacks/constructs/retention.ts), so that it ends between two runs; the machine calls it again. */
const maxMs = 10 * 60_000;

export const handler = lazyLambda(async (deps, event) => {
  const { tenant } = TenantEvent.parse(event);
  const until = deps.clock.elapsedMs() + maxMs;
  return purgeOneTenant(deps, tenant, () => deps.clock.elapsedMs() < until);
});
