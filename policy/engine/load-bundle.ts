import { digestBytes } from '../../shared/core/digest.ts';
import { McError } from '../../shared/core/errors.ts';
import { inspectBundle, type BundleTrust } from './inspect-bundle.ts';
import type { PolicyBundle } from './policy-bundle.ts';

/** From the bytes of a `bundle.tar.gz` to a bundle the engine may run, or `mc:policy:unavailable` with everything that is wrong with it. */
export async function loadBundle(archive: Uint8Array, trust: BundleTrust): Promise<PolicyBundle> {
  const { bundle, issues } = await inspectBundle(archive, trust);
  if (bundle) return bundle;
  const reasons = issues.map(({ message }) => message).join(' ');
  throw new McError('mc:policy:unavailable', `A policy bundle (${digestBytes(archive)}) cannot be used. ${reasons}`, { issues });
}
