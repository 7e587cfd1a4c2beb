/** What became of the network calls of one attempt, as the proxy outside of its sandbox saw them. */
import { z } from 'zod';

/** `enforce`: what is not on the list is refused. `shadow`: it is let through and written down, but never to a private address. */
export const EgressMode = z.enum(['enforce', 'shadow']);
export type EgressMode = z.infer<typeof EgressMode>;

/**
 * `allowed`: on the list, and connected. `failed`: on the list, and not to be reached. `blocked`: refused. `would-block`: not on the list, let through
 * because the tenant is in shadow mode.
 */
export const EgressVerdict = z.enum(['allowed', 'failed', 'blocked', 'would-block']);
export type EgressVerdict = z.infer<typeof EgressVerdict>;

export const EgressReason = z.enum(['listed', 'not-listed', 'private-address', 'unresolved', 'unreachable', 'malformed', 'limit']);
export type EgressReason = z.infer<typeof EgressReason>;

/** Rows of each verdict that an attempt keeps: 36 attempts with names of 253 characters still fit into one item of the table (400 KB). */
export const maxEgressRows = 6;

/** Calls with the same end, as one row. */
export const EgressRow = z.strictObject({
  host: z.string().max(253).describe('As the task asked for it; empty when that could not be read'),
  port: z.int().min(0).max(65_535).describe('0 when that could not be read'),
  verdict: EgressVerdict,
  reason: EgressReason,
  count: z.int().positive(),
  bytes: z.int().nonnegative().describe('Sent and received together'),
});
export type EgressRow = z.infer<typeof EgressRow>;

/** The calls of one attempt, bounded; what is left out is counted. */
export const EgressTrace = z
  .strictObject({
    mode: EgressMode,
    enforced: z
      .boolean()
      .describe('Whether the sandbox leaves the task no other way to the network; otherwise this is what honest code did'),
    rows: z.array(EgressRow).max(maxEgressRows * EgressVerdict.options.length),
    unlisted: z.int().nonnegative().describe('Calls of any verdict that have no row'),
    blocked: z.int().nonnegative().describe('All calls that were blocked'),
    wouldBlock: z.int().nonnegative().describe('All calls that only shadow mode let through'),
  })
  .meta({ id: 'EgressTrace' });
export type EgressTrace = z.infer<typeof EgressTrace>;

/** What a blocked call is blocked for, in words for a person. */
export const egressReasons: Readonly<Record<EgressReason, string>> = {
  listed: 'on the list of the task',
  'not-listed': 'not on the list of the task',
  'private-address': 'stands for an address that is not public',
  unresolved: 'the name has no address',
  unreachable: 'no connection could be made',
  malformed: 'no request that the proxy takes',
  limit: 'over a limit of the proxy',
};
