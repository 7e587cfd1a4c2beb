import { z } from 'zod';
import { listRetentionTenants } from '../../shared/retention/retention-round.ts';
import { lazyLambda } from '../middleware/lazy-lambda.ts';

/** What the machine passes on; the first page has no cursor. */
const PageEvent = z.object({ cursor: z.string().nullable().default(null) });

export const handler = lazyLambda(async (deps, event) => {
  const { cursor } = PageEvent.parse(event ?? {});
  const page = await listRetentionTenants(deps, cursor ?? undefined);
  return { tenants: page.items.map((tenant) => ({ tenant })), cursor: page.cursor ?? null };
});
