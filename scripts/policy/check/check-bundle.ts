import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { inspectBundle } from '../../../policy/engine/inspect-bundle.ts';
import { shippedPacks } from '../../../policy/engine/shipped-packs.ts';
import { digestBytes } from '../../../shared/core/digest.ts';
import { buildBundle, isBuiltFrom, isSameBundle, requireShippable } from '../build-pack.ts';
import type { PackSources } from '../pack-sources.ts';
import type { CheckContext, CheckStep } from './check-step.ts';

const rebuild = 'node scripts/build-policy.ts';
const rebuildOwn = 'Build and sign the bundle again: opa build -t wasm --signing-alg ES256 --signing-key KEY.pem.';

type Flaw = { message: string; fix: string };

/** Whether the bundle is what the rules and data beside it make; by its revision where there is no OPA to build it. */
async function findStale({ opa, hasOpa, isShipped }: CheckContext, pack: PackSources, archive: Uint8Array): Promise<Flaw[]> {
  const fix = isShipped ? rebuild : rebuildOwn;
  if (hasOpa && !(await isSameBundle(buildBundle(opa.path, pack), archive)))
    return [{ message: 'is not what OPA builds from the rules and data beside it', fix }];
  if (!hasOpa && !(await isBuiltFrom(pack, archive))) return [{ message: 'was built from other rules or data than those beside it', fix }];
  return [];
}

/** Whether this program would load the bundle: every shipped one is known by its digest. */
async function findUnknown(pack: PackSources, archive: Uint8Array): Promise<Flaw[]> {
  const flaws: Flaw[] = [];
  const known = shippedPacks.find(({ name }) => name === pack.name)?.digest;
  const digest = digestBytes(archive);
  if (known !== digest)
    flaws.push({ message: `is ${digest}, policy/engine/shipped-packs.ts says ${known ?? 'nothing about it'}`, fix: rebuild });
  try {
    await requireShippable(archive);
  } catch (error) {
    flaws.push({ message: `may not be shipped: ${error instanceof Error ? error.message : String(error)}`, fix: 'Complete .manifest.' });
  }
  return flaws;
}

async function findUntrusted({ key }: CheckContext, archive: Uint8Array): Promise<Flaw[]> {
  const { issues } = await inspectBundle(archive, key === undefined ? 'digest' : { keys: [{ keyId: 'the key given', pem: key }] });
  return issues.map(({ message, fix = rebuildOwn }) => ({ message, fix }));
}

/** The bundle beside the rules is what they build, well formed, signed as it is by the key that is trusted, and the one this program loads. */
export const checkBundle: CheckStep = {
  name: 'bundle',
  needsOpa: false,
  async run(context, pack) {
    const path = join(pack.folder, 'bundle.tar.gz');
    const place = relative('.', path);
    if (!existsSync(path)) {
      const problems = context.isShipped ? [{ place, message: 'there is no bundle', fix: rebuild }] : [];
      return { facts: 'no bundle beside the rules', problems };
    }
    const archive = readFileSync(path);
    const untrusted = await findUntrusted(context, archive);
    // A bundle that cannot be read cannot be compared either.
    const flaws = [
      ...untrusted,
      ...(untrusted.length > 0 ? [] : await findStale(context, pack, archive)),
      ...(context.isShipped ? await findUnknown(pack, archive) : []),
    ];
    const built = context.hasOpa ? 'built again' : 'compared by revision';
    const signed = context.key === undefined ? 'SIGNATURE NOT CHECKED (name the public key with --key)' : 'signature checked';
    return { facts: `${built}, ${signed}`, problems: flaws.map((flaw) => ({ place, ...flaw })) };
  },
};
