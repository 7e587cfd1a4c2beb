import { TenantId } from '../../shared/core/tenant-id.ts';
import type { HomeConfig } from '../../shared/port/deps.ts';
import { programVersion } from '../program-version.ts';

/** What the operator of an embedded home says about it. */
export interface DeclaredHome {
  /** Where this home stands, by word of its operator; also the region of runs whose manifest names none, which is `US` without it. */
  region?: string;
  /** SPIFFE trust domain in which the home names its signer; default `mc.local`. */
  trustDomain?: string;
  /** Whether the operator says that the volume of the data folder is encrypted; a word, not a proof. */
  isVolumeEncrypted?: boolean;
}

/** The configuration of an embedded home, which belongs to the tenant of whoever owns the machine. */
export function homeConfig({ region, trustDomain, isVolumeEncrypted = false }: DeclaredHome = {}): HomeConfig {
  return {
    region: region ?? 'US',
    declaredRegion: region ?? null,
    cloud: 'local',
    builderId: 'https://maestro-conductor.dev/homes/embedded',
    version: programVersion(),
    encryption: isVolumeEncrypted ? 'declared' : 'none',
    ownerTenant: TenantId.parse('local'),
    ...(trustDomain === undefined ? {} : { trustDomain }),
  };
}
