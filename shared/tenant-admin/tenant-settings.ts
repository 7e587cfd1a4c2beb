/**
 * What people may set of a tenant, checked before anything is read or written. Every refusal says what was got, what is allowed and how to mend it.
 * Money comes as dollars with at most 6 decimals and is micro-dollars from here on.
 */
import { z } from 'zod';
import { canonicalJson } from '../core/json/canonical-json.ts';
import { toUsd, toUsdMicros } from '../core/money.ts';
import { nearest } from '../core/nearest.ts';
import { ResourceClass } from '../core/resource-class.ts';
import { isReservedTenant, TenantId } from '../core/tenant-id.ts';
import type { CheckParams } from '../core/zod-issues.ts';
import { isStorableNumber, storableNumbers } from '../port/table-rules.ts';
import { isTimeZone } from '../tenant/budget-day.ts';
import { Quota, tenantLimits } from '../tenant/tenant.ts';

/** A reason is a sentence for whoever reads the audit events. */
export const Reason = z.string().trim().min(1).max(500).describe('Why; it stands in the audit event');

function refuse(context: z.RefinementCtx, message: string, params: CheckParams): void {
  context.addIssue({ code: 'custom', message, params });
}

/** The name of a tenant to be; the product keeps names that begin with `mc-`. */
export const NewTenantId = z.string().transform((name, context): TenantId => {
  const allowed = '2 to 63 of a-z, 0-9 and -, beginning with a letter or digit, and not with mc-';
  const parsed = TenantId.safeParse(name);
  if (!parsed.success) refuse(context, 'is not a name of a tenant', { code: 'invalid-format', allowed, fix: 'Choose such a name.' });
  else if (isReservedTenant(parsed.data))
    refuse(context, 'is a name that the product keeps for itself', {
      code: 'reserved',
      allowed,
      fix: `Leave out the mc- at the beginning.`,
    });
  return parsed.data ?? z.NEVER;
});

/** Longest name of the IANA database has 32 characters. */
const maxZoneCharacters = 64;

/** An IANA time zone that this machine knows. */
export const TimeZone = z
  .string()
  .max(maxZoneCharacters)
  .superRefine((name, context) => {
    if (isTimeZone(name)) return;
    const near = nearest(name, Intl.supportedValuesOf('timeZone'));
    const fix = near === undefined ? 'Use the name of a place, such as Europe/Berlin, or Etc/UTC.' : `Use ${near}, if that was meant.`;
    refuse(context, 'is not a time zone', { code: 'unknown-time-zone', allowed: 'a name of the IANA time zone database', fix });
  })
  .describe('IANA name, such as Europe/Berlin; the budget day begins at its midnight');

const maxUsd = toUsd(tenantLimits.dailyMaxUsdMicros);

/** A daily budget in dollars, read as micro-dollars. */
const DailyMaxUSD = z
  .number()
  .transform((usd, context): number => {
    const allowed = `more than 0, at most ${maxUsd}, with at most 6 decimals`;
    const micros = toUsdMicros(usd);
    if (!(usd > 0))
      refuse(context, 'is not a budget', { code: 'too-small', allowed, fix: 'Give an amount above 0; suspend members to stop all runs.' });
    else if (usd > maxUsd) refuse(context, 'is more than a day can cost', { code: 'too-big', allowed, fix: 'Give a smaller amount.' });
    else if (micros === undefined)
      refuse(context, 'is finer than a micro-dollar', {
        code: 'too-fine',
        allowed,
        fix: `Round it to ${toUsd(Math.max(1, Math.round(usd * 1_000_000))).toFixed(6)}.`,
      });
    else return micros;
    return z.NEVER;
  })
  .meta({ description: 'US dollars a day, with at most 6 decimals', maximum: maxUsd, exclusiveMinimum: 0 });

/** Money as it is set; micro-dollars after parsing. */
export const BudgetSetting = z.strictObject({ dailyMaxUSD: DailyMaxUSD });

/** A quota as it is set: what is not given stays, or gets its default. */
export const QuotaSetting = z.strictObject({
  maxConcurrent: Quota.shape.maxConcurrent.optional().describe('Open executions at once'),
  resourceClasses: z
    .array(ResourceClass)
    .min(1)
    .max(tenantLimits.classEntries)
    // Twice the same, or another order, is the same quota.
    .transform((given) => ResourceClass.options.filter((size) => given.includes(size)))
    .optional()
    .describe('Classes that tasks may use'),
});
export type QuotaSetting = z.output<typeof QuotaSetting>;

const maxDisplayName = 100;

export const DisplayName = z
  .string()
  .trim()
  .min(1)
  .max(maxDisplayName)
  .regex(/^\P{C}*$/u, 'holds characters that cannot be shown');

/** Deep enough for lists of rules; DynamoDB stores at most 32 levels. */
const maxDataDepth = 12;

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

function hasOtherNumber(value: unknown): boolean {
  if (typeof value === 'number') return !isStorableNumber(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(hasOtherNumber);
}

/** Rule data by pack; null takes the data of a pack away. */
export const RuleDataSetting = z
  .record(z.string().min(1).max(64), z.union([z.record(z.string(), z.json()), z.null()]))
  .superRefine((data, context) => {
    const bytes = Buffer.byteLength(canonicalJson(data));
    const limit = tenantLimits.dataBytes;
    if (bytes > limit)
      refuse(context, `has ${bytes} bytes`, {
        code: 'too-big',
        allowed: `at most ${limit} bytes of JSON`,
        fix: 'Shorten the lists of the packs.',
      });
    if (depthOf(data) > maxDataDepth)
      refuse(context, 'nests too deep', {
        code: 'too-deep',
        allowed: `at most ${maxDataDepth} levels`,
        fix: 'Flatten the lists of the packs.',
      });
    else if (hasOtherNumber(data))
      refuse(context, 'holds a number that a table does not store', {
        code: 'number',
        allowed: storableNumbers,
        fix: 'Write it as text, and let the rules read it.',
      });
  });
