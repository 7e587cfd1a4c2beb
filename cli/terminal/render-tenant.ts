import type { TenantDetails } from '../../shared/tenant-admin/tenant-view.ts';
import { paint } from './paint.ts';

/** A tenant for people: what it may use, what it uses, and what is its own. */
export function renderTenant({ id, displayName, quota, budget, timeZone, data, packs, policyKeys, egressMode }: TenantDetails): string {
  const list = (words: readonly string[]): string => (words.length === 0 ? 'none' : words.join(', '));
  return [
    `${paint('bold', id)}${displayName === id ? '' : `  ${displayName}`}`,
    `  runs     ${quota.inUse} of ${quota.maxConcurrent} open; classes ${quota.resourceClasses.join(', ')}`,
    `  budget   USD ${budget.spentUSD} spent and ${budget.reservedUSD} reserved of ${budget.dailyMaxUSD} on ${budget.day} (${timeZone})`,
    `  data     ${list(Object.keys(data))}`,
    `  packs    ${list(packs.map(({ name, version }) => `${name}@${version}`))}`,
    `  keys     ${list(policyKeys.map(({ keyId }) => keyId))}`,
    `  egress   ${egressMode === 'enforce' ? 'enforced' : paint(['bold', 'yellow'], 'SHADOW MODE: public hosts outside of the lists of tasks are let through and written down')}`,
  ].join('\n');
}
