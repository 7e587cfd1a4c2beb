/** For how many days a tenant keeps what, by how a run ended. Proof is kept for seven years at least, whatever anybody sets. */
import { z } from 'zod';

/** Seven years and the two leap days that may be in them. */
export const receiptDaysMin = 7 * 365 + 2;

/** A hundred years; more is a slip of the keyboard. */
const daysMax = 36_500;

/** A day of all these periods, in milliseconds. */
export const dayMs = 24 * 3_600_000;

/** How a run ended. */
export const RunOutcome = z.enum(['succeeded', 'failed', 'cancelled']);
export type RunOutcome = z.infer<typeof RunOutcome>;

/** What of a run goes by itself: `receipts` is the run as a whole. */
export const RunKind = z.enum(['logs', 'data', 'receipts']);
export type RunKind = z.infer<typeof RunKind>;

const days = (min: number): z.ZodInt => z.int().min(min).max(daysMax);

/** Days for every outcome. The least is one, so that no attempt of a run is still under way when something of it goes. */
const byOutcome = (min: number): z.ZodObject<Record<RunOutcome, z.ZodInt>, z.core.$strict> =>
  z.strictObject({ succeeded: days(min), failed: days(min), cancelled: days(min) });

/** What is kept for how long. Logs and data cannot outlive the run that they belong to. */
export const Retention = z
  .strictObject({
    logs: byOutcome(1).describe('Logs of attempts'),
    data: byOutcome(1).describe('Inputs, outputs and uploaded files'),
    receipts: byOutcome(receiptDaysMin).describe('The run as a whole, with its receipt'),
    audit: days(receiptDaysMin).describe('Audit events'),
  })
  .superRefine(({ logs, data, receipts }, context) => {
    for (const [name, kept] of [
      ['logs', logs],
      ['data', data],
    ] as const)
      for (const outcome of RunOutcome.options)
        if (kept[outcome] > receipts[outcome])
          context.addIssue({
            code: 'custom',
            path: [name, outcome],
            message: `would be kept longer than the run, which goes after ${receipts[outcome]} days`,
            params: {
              code: 'too-big',
              allowed: `at most ${receipts[outcome]}`,
              fix: `Raise receipts.${outcome} first, or together with it.`,
            },
          });
  });
export type Retention = z.infer<typeof Retention>;

const all = (count: number): Record<RunOutcome, number> => ({ succeeded: count, failed: count, cancelled: count });

/** What counts for a tenant that nobody set anything for: logs 90 days, receipts 7 years, data and audit events as long as receipts. */
const defaultRetention: Retention = {
  logs: all(90),
  data: all(receiptDaysMin),
  receipts: all(receiptDaysMin),
  audit: receiptDaysMin,
};

/** What counts for this tenant. */
export function retentionOf({ retention = defaultRetention }: { retention?: Retention | undefined }): Retention {
  return retention;
}
