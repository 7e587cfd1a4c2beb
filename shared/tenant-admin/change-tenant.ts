import { z } from 'zod';
import { auditOp } from '../audit/audit-event.ts';
import { canonicalJson, type JsonObject } from '../core/json/canonical-json.ts';
import { McError } from '../core/errors.ts';
import type { Issue } from '../core/issue.ts';
import { toPointer } from '../core/json/json-pointer.ts';
import { toUsd } from '../core/money.ts';
import { nearest } from '../core/nearest.ts';
import type { Deps } from '../port/deps.ts';
import { EgressMode } from '../port/egress-trace.ts';
import type { Actor } from '../tenant/actor.ts';
import { PolicyKeysSetting } from './policy-key-setting.ts';
import { reachTenant, requireRunsHome } from './tenant-access.ts';
import { BudgetSetting, DisplayName, QuotaSetting, Reason, RuleDataSetting, TimeZone } from './tenant-settings.ts';
import { changeTenantOp } from '../tenant/tenant-store.ts';
import { tryRuleData } from './try-rule-data.ts';
import { toTenantDetails, type TenantDetails } from './tenant-view.ts';
import { tenantLimits, type Tenant } from '../tenant/tenant.ts';
import { readUsage } from '../tenant/usage.ts';

/** What is to change; what is not given stays. */
export const ChangeTenant = z
  .strictObject({
    displayName: DisplayName.optional(),
    data: RuleDataSetting.optional().describe('Rule data by pack: what is given for a pack replaces what it had, null takes it away'),
    policyKeys: PolicyKeysSetting.optional().describe('All public keys that may sign packs of the tenant, in PEM'),
    timeZone: TimeZone.optional(),
    quota: QuotaSetting.optional(),
    budget: BudgetSetting.optional(),
    egressMode: EgressMode.optional().describe('`shadow` lets tasks call public hosts outside of their list, and writes it down'),
    reason: Reason.optional(),
  })
  .refine((change) => Object.keys(change).some((name) => name !== 'reason'), {
    message: 'names nothing to change',
    params: {
      code: 'empty',
      allowed: 'displayName, data, policyKeys, timeZone, quota, budget or egressMode',
      fix: 'Give what is to change.',
    },
  })
  .meta({ id: 'ChangeTenant' });
export type ChangeTenant = z.output<typeof ChangeTenant>;

interface ChangeRequest {
  /** The tenant, as the caller names it. */
  name: string;
  change: ChangeTenant;
  /** Names of the packs that judge every tenant. */
  shippedPacks: readonly string[];
}

/** Each lost race means that somebody else got on; more than this is not a race. */
const maxAttempts = 5;

/** Only the owner's: a tenant that moved its own midnight would begin a new budget day whenever it liked, and one in shadow mode has no walls. */
const ownersOnly = ['quota', 'budget', 'timeZone', 'egressMode'] as const;

function requireMayChange(deps: Pick<Deps, 'config'>, actor: Actor, change: ChangeTenant): void {
  const reserved = ownersOnly.filter((name) => change[name] !== undefined);
  if (reserved.length > 0) requireRunsHome(deps, actor, `change ${reserved.join(' and ')} of a tenant`);
}

function unknownPacks({ change, shippedPacks }: ChangeRequest, { packs }: Tenant): Issue[] {
  const known = [...shippedPacks, ...packs.map(({ name }) => name)];
  const given = Object.entries(change.data ?? {});
  return given
    .filter(([pack, data]) => data !== null && !known.includes(pack))
    .map(([pack]): Issue => {
      const near = nearest(pack, known);
      const fix = near === undefined ? 'Push the pack first, or use the name of one of these.' : `Use ${near}, if that was meant.`;
      return {
        code: 'unknown-pack',
        pointer: toPointer(['data', pack]),
        message: 'is not a pack of this tenant',
        got: pack,
        allowed: known.join(', '),
        fix,
      };
    });
}

function dataOf({ data }: Tenant, given: ChangeTenant['data'] = {}): Tenant['data'] {
  const merged = { ...data, ...given };
  return Object.fromEntries(Object.entries(merged).flatMap(([pack, value]) => (value === null ? [] : [[pack, value]])));
}

function tooMuchData(data: Tenant['data']): Issue[] {
  const bytes = Buffer.byteLength(canonicalJson(data));
  const { dataBytes } = tenantLimits;
  if (bytes <= dataBytes) return [];
  const message = `would have ${bytes} bytes together with the data of the other packs`;
  return [
    {
      code: 'too-big',
      pointer: '/data',
      message,
      got: `${bytes} bytes`,
      allowed: `at most ${dataBytes} bytes of JSON`,
      fix: 'Shorten the lists of the packs.',
    },
  ];
}

/** The tenant after the change; throws `mc:request:invalid` with everything that does not fit it. */
function changed(tenant: Tenant, request: ChangeRequest): Tenant {
  const {
    displayName = tenant.displayName,
    timeZone = tenant.timeZone,
    policyKeys = tenant.policyKeys,
    egressMode = tenant.egressMode,
    quota,
    budget,
    data,
  } = request.change;
  const next: Tenant = {
    ...tenant,
    displayName,
    timeZone,
    policyKeys,
    egressMode,
    quota: {
      maxConcurrent: quota?.maxConcurrent ?? tenant.quota.maxConcurrent,
      resourceClasses: quota?.resourceClasses ?? tenant.quota.resourceClasses,
    },
    dailyMaxUsdMicros: budget?.dailyMaxUSD ?? tenant.dailyMaxUsdMicros,
    data: dataOf(tenant, data),
  };
  const issues = [...unknownPacks(request, tenant), ...tooMuchData(next.data)];
  refuseIfAny(issues);
  return next;
}

function refuseIfAny(issues: Issue[]): void {
  const [first] = issues;
  if (first) throw new McError('mc:request:invalid', `${first.pointer}: ${first.message}`, { issues });
}

/** What the audit event shows of a tenant; of keys their ids, which say as much and take less room. */
function audited({ displayName, timeZone, quota, dailyMaxUsdMicros, data, policyKeys, egressMode }: Tenant): JsonObject {
  return {
    displayName,
    timeZone,
    quota,
    dailyMaxUSD: toUsd(dailyMaxUsdMicros),
    data,
    egressMode,
    policyKeys: policyKeys.map(({ keyId }) => keyId),
  };
}

function difference(before: JsonObject, after: JsonObject): JsonObject {
  const names = Object.keys(after).filter((name) => canonicalJson(before[name]) !== canonicalJson(after[name]));
  return Object.fromEntries(names.map((name) => [name, { before: before[name] ?? null, after: after[name] ?? null }]));
}

type ChangeDeps = Pick<Deps, 'table' | 'clock' | 'ids' | 'config' | 'packs' | 'blobs' | 'signer'>;

async function tryChange(deps: ChangeDeps, actor: Actor, request: ChangeRequest): Promise<Tenant | undefined> {
  const tenant = await reachTenant(deps, actor, request.name);
  requireMayChange(deps, actor, request.change);
  const next = changed(tenant, request);
  const given = Object.keys(request.change.data ?? {});
  const tried = Object.fromEntries(Object.entries(next.data).filter(([pack]) => given.includes(pack)));
  refuseIfAny(await tryRuleData(deps, tenant, tried));
  const { reason = 'not given' } = request.change;
  const details = difference(audited(tenant), audited(next));
  const audit = auditOp(deps, tenant.id, actor, { type: 'mc.tenant.change', subject: tenant.id, reason, details });
  const { ok } = await deps.table.write([changeTenantOp(next), audit]);
  return ok ? { ...next, version: next.version + 1 } : undefined;
}

/** Changes what is given, all of it or nothing; of changes at the same time none is lost, the later one is made to the result of the earlier. */
export async function changeTenant(deps: ChangeDeps, actor: Actor, request: ChangeRequest): Promise<TenantDetails> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const tenant = await tryChange(deps, actor, request);
    if (tenant) return toTenantDetails(tenant, await readUsage(deps, tenant));
  }
  throw new McError('mc:tenant:conflict', `The tenant ${request.name} is being changed by others.`);
}
