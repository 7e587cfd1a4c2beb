import type { TenantDetails } from '../../shared/tenant-admin/tenant-view.ts';
import { paint } from './paint.ts';
import { allowanceOfTenant, renderAllowance } from './render-allowance.ts';

/** A tenant for people: what it may use, what it uses, and what is its own. */
export function renderTenant(tenant: TenantDetails): string {
  const { id, displayName, quota, data, packs, policyKeys, egressMode } = tenant;
  const list = (words: readonly string[]): string => (words.length === 0 ? 'none' : words.join(', '));
  return [
    `${paint('bold', id)}${displayName === id ? '' : `  ${displayName}`}`,
    ...renderAllowance(allowanceOfTenant(tenant)).map((line) => `  ${line}`),
    `  classes ${quota.resourceClasses.join(', ')}`,
    `  data    ${list(Object.keys(data))}`,
    `  packs   ${list(packs.map(({ name, version }) => `${name}@${version}`))}`,
    `  keys    ${list(policyKeys.map(({ keyId }) => keyId))}`,
    `  egress  ${egressMode === 'enforce' ? 'enforced' : paint(['bold', 'yellow'], 'SHADOW MODE: public hosts outside of the lists of tasks are let through and written down')}`,
  ].join('\n');
}
