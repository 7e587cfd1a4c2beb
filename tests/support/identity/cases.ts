/** A home, another home, and all cases about what they sign. */
import { homeTrustedRoot } from '../../../shared/identity/home-trusted-root.ts';
import { signerIdentity } from '../../../shared/identity/signer-identity.ts';
import { signStatement } from '../receipt/sign-statement.ts';
import { buildDeps } from '../build-deps.ts';
import { buildStatement } from '../build-statement.ts';
import { forgeIdentity, logged } from './forge.ts';
import { identityCases } from './identity-cases.ts';
import { keyCases } from './key-cases.ts';
import type { Case, Scene } from './scene.ts';

export interface Cases {
  all: readonly Case[];
  close: () => void;
}

async function buildHome(): Promise<Omit<Scene, 'stranger'> & { close: () => void }> {
  const home = buildDeps();
  const { deps } = home;
  const { pem } = await deps.signer.publicKey();
  return {
    deps,
    close: () => home.close(),
    pem,
    root: await homeTrustedRoot(deps),
    identity: signerIdentity(deps.config),
    good: await logged(deps, await signStatement(deps.signer, buildStatement())),
    goodIdentity: await forgeIdentity(deps),
  };
}

export async function buildCases(): Promise<Cases> {
  const [{ close: closeHome, ...home }, { close, ...stranger }] = await Promise.all([buildHome(), buildHome()]);
  const scene: Scene = { ...home, stranger };
  const all = [...(await keyCases(scene)), ...(await identityCases(scene))];
  return {
    all,
    close: () => {
      closeHome();
      close();
    },
  };
}
