/**
 * Rule data that a pack cannot use denies everything the tenant does, because packs fail closed. So data is tried before it is stored: each pack is asked
 * the base question with the data as it would be.
 */
import type { JsonObject } from '../core/json/canonical-json.ts';
import type { Issue } from '../core/issue.ts';
import { toPointer } from '../core/json/json-pointer.ts';
import { loadOwnPack } from '../policy-catalog/load-own-pack.ts';
import type { Deps } from '../port/deps.ts';
import type { Tenant } from '../tenant/tenant.ts';

type TryDeps = Pick<Deps, 'packs' | 'table' | 'blobs' | 'signer'>;

/** What shipped packs call their rules about data they cannot use. */
const dataRule = /\.(tenant_data_invalid|data_invalid)$/;

async function archiveOf(deps: TryDeps, tenant: Tenant, name: string): Promise<Uint8Array | undefined> {
  const shipped = await deps.packs.findArchive(name);
  if (shipped) return shipped;
  const own = tenant.packs.find((pack) => pack.name === name);
  return own && loadOwnPack(deps, tenant.id, own);
}

/** What is wrong with the data of one pack; nothing for data it can use. */
async function tryOne(deps: TryDeps, tenant: Tenant, [pack, data]: [string, JsonObject]): Promise<Issue[]> {
  const archive = await archiveOf(deps, tenant, pack);
  if (!archive) return [];
  const [, trial] = await deps.packs.tryOut(archive, [{ change: { tenant: { data: { [pack]: data } } } }]);
  const place = { code: 'rule-data', pointer: toPointer(['data', pack]) };
  if (trial === undefined || 'failure' in trial) {
    const reason = trial === undefined ? 'it gave no answer' : trial.failure;
    const fix = `Compare it with the defaults: maestro policy show ${pack}.`;
    return [{ ...place, message: `${pack} cannot judge with this data: ${reason}`, allowed: 'data that the pack can use', fix }];
  }
  return trial.verdict.entries
    .filter(({ rule }) => dataRule.test(rule))
    .map(({ message, got, allowed, solution }) => ({ ...place, message, got, allowed, fix: solution }));
}

/** Every problem of this rule data, by asking the packs themselves; one after the other, because each is tried in a thread of its own. */
export async function tryRuleData(deps: TryDeps, tenant: Tenant, data: Tenant['data']): Promise<Issue[]> {
  const found: Issue[] = [];
  for (const entry of Object.entries(data)) found.push(...(await tryOne(deps, tenant, entry)));
  return found;
}
