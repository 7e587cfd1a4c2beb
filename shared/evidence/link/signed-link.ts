/** Addresses that open one artifact for a few minutes, without a token: HMAC-SHA256 over everything that the address stands for. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { Digest } from '../../core/digest.ts';
import { McError } from '../../core/errors.ts';
import { idSchema } from '../../core/id.ts';
import { TenantId } from '../../core/tenant-id.ts';
import type { Deps } from '../../port/deps.ts';
import { findLinkKey, linkDay, openLinkKey } from './link-key.ts';

/** No address lives longer, so one that got into a log or a chat is soon worth nothing. */
export const maxLinkMs = 10 * 60_000;

/** The last moment that a date has (ECMA-262 §21.4.1.1): no key has a day behind it. */
const lastMs = 8_640_000_000_000_000;

/** The path that serves them; `{id}` is the execution. */
export const linkPath = '/api/evidence-files/{id}';

/** What an address opens. */
export interface LinkTarget {
  executionId: string;
  tenant: string;
  name: string;
  digest: string;
  /** The audit event of whoever was given the address, so that each use of it leads back to them. */
  grant: string;
}

/** The query of a signed address. */
export const LinkQuery = z.strictObject({
  tenant: TenantId.describe('The tenant that the run belongs to'),
  name: z.string().min(1).max(160).describe('Name of the artifact'),
  digest: Digest,
  grant: idSchema('evt').describe('The audit event under which the address was given out'),
  expires: z.int().nonnegative().max(lastMs).describe('Milliseconds since the Unix epoch'),
  signature: z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'base64url of a SHA-256 HMAC'),
});
export type LinkQuery = z.infer<typeof LinkQuery>;

/** The method is signed too: an address that reads must not do anything else. Fields are JSON, so that no value can run over into the next. */
function sign(key: Buffer, target: LinkTarget, expires: number): Buffer {
  const { executionId, tenant, name, digest, grant } = target;
  const text = JSON.stringify(['GET', linkPath, executionId, tenant, name, digest, grant, expires]);
  return createHmac('sha256', key).update(text).digest();
}

/** The path and query that open the target until the time given. */
export async function signLink(deps: Pick<Deps, 'table'>, target: LinkTarget, expires: number): Promise<string> {
  const key = await openLinkKey(deps, linkDay(expires));
  const { executionId, ...rest } = target;
  const query = new URLSearchParams({ ...rest, expires: String(expires), signature: sign(key, target, expires).toString('base64url') });
  return `${linkPath.replace('{id}', executionId)}?${query.toString()}`;
}

/** Throws `mc:evidence:link-refused` unless this home signed exactly this, and its time is not over. */
export async function requireLink(deps: Pick<Deps, 'table' | 'clock'>, executionId: string, query: LinkQuery): Promise<void> {
  const { signature, expires, ...target } = query;
  const now = deps.clock.now();
  const key = await findLinkKey(deps, linkDay(expires));
  // The signature first: who forges an address learns nothing from how it is refused.
  if (!key || !timingSafeEqual(sign(key, { executionId, ...target }, expires), Buffer.from(signature, 'base64url')))
    throw new McError('mc:evidence:link-refused', 'this home did not sign the address, or it was changed');
  if (expires <= now || expires - now > maxLinkMs)
    throw new McError('mc:evidence:link-refused', 'the time of the address is over; ask for the evidence again');
}
