/** What cases about bundles are made of, and what they are. */
import type { SignerIdentity } from '../../../shared/identity/signer-identity.ts';
import type { Deps } from '../../../shared/port/deps.ts';
import type { Bundle } from '../../../shared/receipt/bundle.ts';
import type { IdentityBundle } from '../../../shared/receipt/identity-bundle.ts';

export interface Case {
  name: string;
  bundle: string;
  by: { pem: string } | SignerIdentity;
  root: unknown;
  /** Default: the one that built statements speak of. */
  artifact?: string;
  holds: boolean;
  /** What cosign says where that differs: we read one form of what it reads in several. */
  cosign?: boolean;
}

/** What cases are made of. */
export interface Scene {
  deps: Deps;
  root: Record<string, unknown>;
  pem: string;
  identity: SignerIdentity;
  good: Bundle;
  goodIdentity: IdentityBundle;
  stranger: { deps: Deps; root: Record<string, unknown>; pem: string; good: Bundle; goodIdentity: IdentityBundle };
}
